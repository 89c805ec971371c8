"""Bookmarks to be shown: each read is one statement, in which PostgreSQL puts tags and counts beside the rows."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.bookmarks.repository import NEWEST_FIRST, matching
from shelf.bookmarks.schemas import BookmarkResponse
from shelf.bookmarks.search import Search
from shelf.database import Sessions
from shelf.tags.models import Tag

SHOWN = [getattr(Bookmark, name) for name in BookmarkResponse.model_fields if hasattr(Bookmark, name)]
SHOWN = [column for column in SHOWN if column is not Bookmark.tag_names]


class BookmarkReader:
    """The bookmarks of one owner, as they are shown."""

    def __init__(self, sessions: Sessions, owner_id: int) -> None:
        self._sessions = sessions
        self._own = Bookmark.owner_id == owner_id

    async def get(self, bookmark_id: int) -> BookmarkResponse | None:
        """Return the bookmark with this id, if there is one."""
        async with self._sessions.reading.connect() as connection:
            found = await self._read(connection, Bookmark.id == bookmark_id, limit=1, offset=0)
        return found[0] if found else None

    async def page(
        self, search: Search, *, archived: bool, limit: int, offset: int
    ) -> tuple[int, list[BookmarkResponse]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`."""
        found = (Bookmark.is_archived == archived, *matching(search))
        count = select(func.count()).select_from(Bookmark).where(self._own, *found)
        async with self._sessions.reading.connect() as connection:
            number = await connection.scalar(count) or 0
            return number, await self._read(connection, *found, limit=limit, offset=offset)

    async def _read(
        self, connection: AsyncConnection, *found: ColumnElement[bool], limit: int, offset: int
    ) -> list[BookmarkResponse]:
        names = _names(connection.dialect.name)
        query = select(*SHOWN, names).where(self._own, *found).order_by(*NEWEST_FIRST).limit(limit).offset(offset)
        rows = (await connection.execute(query)).all()
        return [BookmarkResponse(**{**row._mapping, "tag_names": _sorted(row.names)}) for row in rows]


def _names(dialect: str) -> Any:
    gathered = func.array_agg(Tag.name) if dialect == "postgresql" else func.json_group_array(Tag.name)
    joined = select(gathered).join(bookmark_tags, bookmark_tags.c.tag_id == Tag.id)
    return joined.where(bookmark_tags.c.bookmark_id == Bookmark.id).correlate(Bookmark).scalar_subquery().label("names")


def _sorted(names: Any) -> list[str]:
    import json

    return sorted(json.loads(names) if isinstance(names, str) else names or [], key=str.casefold)
