"""The table in which the links of an import wait, and what PostgreSQL is told to do with all of them at once."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from itertools import count
from typing import Any

from sqlalchemy import text

from shelf.bookmarks.models import now, searchable
from shelf.bookmarks.urls import normalize_url
from shelf.transfer.links import Link

TEXTS = ("url", "title", "description", "notes")
COLUMNS = (
    "line",
    *TEXTS,
    *("is_archived", "unread", "shared", "url_normalized", "search_text", "date_added", "date_modified"),
    *("tag_names", "tag_keys"),
)
"""The columns of `imported`, in which links wait, each a row: its number in the file, its bookmark, and its tags."""

STAGE = text("""
CREATE TEMPORARY TABLE imported (
    line integer, url text, title text, description text, notes text, is_archived boolean, unread boolean,
    shared boolean, url_normalized text, search_text text, date_added timestamptz, date_modified timestamptz,
    tag_names text[], tag_keys text[]
) ON COMMIT DROP
""")

ANALYZE = text("ANALYZE imported")
"""Nobody else tells the planner how many rows a temporary table has."""

ADD_BOOKMARKS = text("""
INSERT INTO bookmarks (
    owner_id, url, title, description, notes, is_archived, unread, shared, url_normalized, search_text, date_added,
    date_modified
)
SELECT
    :owner_id, url, title, description, notes, is_archived, unread, shared, url_normalized, search_text, date_added,
    date_modified
FROM (
    SELECT DISTINCT ON (url_normalized) * FROM imported
    WHERE NOT EXISTS (SELECT FROM bookmarks WHERE owner_id = :owner_id AND url = imported.url)
    AND NOT EXISTS (SELECT FROM bookmarks WHERE owner_id = :owner_id AND url_normalized = imported.url_normalized)
    ORDER BY url_normalized, line
) AS new
ORDER BY line
""")

ADD_TAGS = text("""
INSERT INTO tags (owner_id, name, name_key, date_added)
SELECT :owner_id, name, key, :now
FROM (
    SELECT DISTINCT ON (key) key, name, line
    FROM imported, unnest(tag_keys, tag_names) AS tag (key, name)
    ORDER BY key, line
) AS new
ORDER BY line
ON CONFLICT DO NOTHING
""")

TAG_BOOKMARKS = text("""
INSERT INTO bookmark_tags (bookmark_id, tag_id)
SELECT coalesce(same.id, alike.id), tags.id
FROM imported
CROSS JOIN unnest(tag_keys) AS key
JOIN tags ON tags.owner_id = :owner_id AND tags.name_key = key
LEFT JOIN bookmarks AS same ON same.owner_id = :owner_id AND same.url = imported.url
LEFT JOIN bookmarks AS alike ON alike.owner_id = :owner_id AND alike.url_normalized = imported.url_normalized
ON CONFLICT DO NOTHING
""")


async def rows(chunks: AsyncIterable[Sequence[Link]]) -> AsyncIterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each link."""
    lines, moment = count(1), now()
    async for links in chunks:
        for link in links:
            texts = {name: getattr(link, name).replace("\0", "\ufffd") for name in TEXTS}
            names = [name.replace("\0", "\ufffd") for name in link.tag_names]
            yield (
                next(lines),
                *texts.values(),
                *(link.is_archived, link.unread, link.shared),
                normalize_url(link.url),
                searchable(texts),
                link.date_added or moment,
                moment,
                names,
                [name.casefold() for name in names],
            )
