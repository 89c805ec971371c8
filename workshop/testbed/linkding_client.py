"""Uses a service as a program does that nobody here wrote: by `aiolinkding`, linkding's client for Python.

It runs by itself, in an environment of its own (see linkding.py), and imports nothing of ours. Standard input tells, in
JSON, the `url` and `key` of the service and the `bookmark` to be saved; standard output tells in JSON what came of it:
`done`, the answers by the names of the calls, in their order; and `failed`, the first call that raised, with its error.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from aiolinkding import Client, async_get_client  # type: ignore[import-not-found]

Call = tuple[str, Awaitable[Any]]


async def calls(url: str, key: str, bookmark: dict[str, Any], done: dict[str, Any]) -> AsyncIterator[Call]:
    """Yield one call after the other; `done` has the answers so far."""
    done["connect"] = None
    client: Client = await async_get_client(url, key)
    mine = client.bookmarks
    yield "create", mine.async_create(**bookmark)
    number = done["create"]["id"]
    yield "read", mine.async_get_single(number)
    yield "list", mine.async_get_all()
    yield "search", mine.async_get_all(query=bookmark["title"], limit=1, offset=0)
    yield "update", mine.async_update(number, title=bookmark["title"] + " II", tag_names=["updated"])
    yield "archive", mine.async_archive(number)
    yield "list_archived", mine.async_get_archived()
    yield "list_after_archive", mine.async_get_all()
    yield "unarchive", mine.async_unarchive(number)
    yield "list_tags", client.tags.async_get_all()
    yield "profile", client.user.async_get_profile()
    yield "delete", mine.async_delete(number)
    yield "list_after_delete", mine.async_get_all()


async def use(told: dict[str, Any]) -> dict[str, Any]:
    """Make the calls until one raises; return the answers, and what went wrong."""
    done: dict[str, Any] = {}
    name = "connect"
    try:
        async for name, call in calls(told["url"], told["key"], told["bookmark"], done):
            done[name] = await call
    except Exception as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        done.pop(name, None)
        return {"done": done, "failed": {"call": name, "error": f"{type(error).__name__}: {error}{cause}"}}
    return {"done": done, "failed": None}


if __name__ == "__main__":
    json.dump(asyncio.run(use(json.load(sys.stdin))), sys.stdout)
