"""The limit: three of Shelf's routes in bare Starlette, asyncpg and orjson, on Shelf's own tables.

What is left out on purpose: models of requests and answers, log lines, request ids, problem documents, metrics, limits,
a pool that survives the restart of its database. It is served by `bench_requests.py`, which compares Shelf with it.
"""

import contextlib
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ACCOUNT = """
    SELECT accounts.id FROM api_keys JOIN accounts ON accounts.id = api_keys.owner_id
    WHERE key_hash = $1 AND is_active
"""
COLUMNS = """
    id, url, title, description, notes, is_archived, unread, shared, website_title, website_description, date_added,
    date_modified
"""
ONE = f"SELECT {COLUMNS} FROM bookmarks WHERE owner_id = $1 AND id = $2"
COUNT = "SELECT count(*) FROM bookmarks WHERE owner_id = $1 AND NOT is_archived"
PAGE = f"""
    SELECT {COLUMNS} FROM bookmarks WHERE owner_id = $1 AND NOT is_archived
    ORDER BY date_added DESC, id DESC LIMIT $2 OFFSET $3
"""
TAGS = """
    SELECT bookmark_id, name FROM bookmark_tags JOIN tags ON tags.id = tag_id
    WHERE bookmark_id = ANY($1::int[]) ORDER BY name_key
"""
SAVE = f"""
    INSERT INTO bookmarks (owner_id, url, url_normalized, title, description, notes, is_archived, unread, shared,
        search_text, date_added, date_modified)
    VALUES ($1, $2::text, $2::text, $3, '', '', false, false, false, $4, $5, $5)
    ON CONFLICT (owner_id, url_normalized) DO UPDATE SET title = excluded.title, search_text = excluded.search_text,
        date_modified = excluded.date_modified
    RETURNING {COLUMNS}
"""
ADD_TAGS = """
    INSERT INTO tags (owner_id, name, name_key, date_added)
    SELECT $1, name, lower(name), $3 FROM unnest($2::text[]) AS name
    ON CONFLICT (owner_id, name_key) DO UPDATE SET name_key = excluded.name_key RETURNING id
"""
CONNECT = """
    INSERT INTO bookmark_tags (bookmark_id, tag_id) SELECT $1, unnest($2::int[]) ON CONFLICT DO NOTHING
"""


def answer(content: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, media_type="application/json")


def shown(row: Any, names: list[str]) -> dict[str, Any]:
    """Return what is told about a bookmark."""
    more = {"tag_names": names, "web_archive_snapshot_url": "", "favicon_url": None, "preview_image_url": None}
    return dict(row) | more


async def account_of(connection: Any, request: Request) -> int:
    """Return the id of the account that asks."""
    key = request.headers["authorization"].partition(" ")[2]
    found: int = await connection.fetchval(ACCOUNT, hashlib.sha256(key.encode()).hexdigest())
    return found


async def tags_of(connection: Any, rows: list[Any]) -> dict[int, list[str]]:
    """Return the names of the tags of some bookmarks, by id."""
    names: dict[int, list[str]] = {row["id"]: [] for row in rows}
    for bookmark_id, name in await connection.fetch(TAGS, list(names)):
        names[bookmark_id].append(name)
    return names


async def get_one(request: Request) -> Response:
    """Answer with one bookmark: three statements."""
    async with request.app.state.pool.acquire() as connection:
        owner_id = await account_of(connection, request)
        row = await connection.fetchrow(ONE, owner_id, int(request.path_params["bookmark_id"]))
        if row is None:
            return answer({"detail": "no such bookmark"}, 404)
        names = await tags_of(connection, [row])
    return answer(shown(row, names[row["id"]]))


async def get_page(request: Request) -> Response:
    """Answer with a page of bookmarks: four statements."""
    limit, offset = int(request.query_params.get("limit", 100)), int(request.query_params.get("offset", 0))
    async with request.app.state.pool.acquire() as connection:
        owner_id = await account_of(connection, request)
        count = await connection.fetchval(COUNT, owner_id)
        rows = await connection.fetch(PAGE, owner_id, limit, offset)
        names = await tags_of(connection, rows)
    following = request.url.include_query_params(limit=limit, offset=offset + limit)
    results = [shown(row, names[row["id"]]) for row in rows]
    after = str(following) if offset + limit < count else None
    return answer({"count": count, "next": after, "previous": None, "results": results})


async def save(request: Request) -> Response:
    """Save a bookmark: four statements in one transaction."""
    sent, now = orjson.loads(await request.body()), datetime.now(UTC)
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        owner_id = await account_of(connection, request)
        text = f"{sent['title']}\n{sent['url']}"
        row = await connection.fetchrow(SAVE, owner_id, sent["url"], sent["title"], text, now)
        ids = await connection.fetch(ADD_TAGS, owner_id, sent["tag_names"], now)
        await connection.execute(CONNECT, row["id"], [each["id"] for each in ids])
    return answer(shown(row, sent["tag_names"]), 201)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Hold a pool of as many connections as Shelf has."""
    url = os.environ["DATABASE_URL"].replace("+asyncpg", "")
    async with asyncpg.create_pool(url, min_size=4, max_size=int(os.environ.get("POOL_SIZE", "10"))) as pool:
        app.state.pool = pool
        yield


ROUTES = [
    Route("/api/bookmarks/", get_page),
    Route("/api/bookmarks/", save, methods=["POST"]),
    Route("/api/bookmarks/{bookmark_id:int}/", get_one),
]
app = Starlette(routes=ROUTES, lifespan=lifespan)
