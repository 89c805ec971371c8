"""Bookmarks to be shown, and not to be changed: what is asked for most."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.bookmarks.repository import NEWEST_FIRST, matching
from shelf.bookmarks.schemas import BookmarkResponse
from shelf.bookmarks.search import Search
from shelf.database import Sessions
from shelf.tags.models import Tag

# Columns, and no entities: nobody will change what comes, so no session has to watch it. And only those that are shown:
# `search_text` repeats all the others.
SHOWN = [column for column in Bookmark.__table__.columns if column.name in BookmarkResponse.model_fields]
TAGS = (
    select(bookmark_tags.c.bookmark_id, Tag.name)
    .join(Tag, Tag.id == bookmark_tags.c.tag_id)
    .where(bookmark_tags.c.bookmark_id.in_(bindparam("ids", expanding=True)))
)


class BookmarkReader:
    """The bookmarks of one owner, as they are shown: of any others it knows nothing."""

    def __init__(self, sessions: Sessions, owner_id: int) -> None:
        self._sessions = sessions
        self._own = Bookmark.owner_id == owner_id

    async def get(self, bookmark_id: int) -> BookmarkResponse | None:
        """Return the bookmark with this id, if there is one."""
        query = select(*SHOWN).where(self._own, Bookmark.id == bookmark_id)

        def read(connection: Connection) -> list[BookmarkResponse]:
            return _with_tags(connection, connection.execute(query).all())

        async with self._sessions.reading.connect() as connection:
            return next(iter(await connection.run_sync(read)), None)

    async def page(
        self, search: Search, *, archived: bool, limit: int, offset: int
    ) -> tuple[int, list[BookmarkResponse]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`.

        They come newest first; of those with the same date, that with the greater id comes first.
        """
        found = (self._own, Bookmark.is_archived == archived, *matching(search))
        count = select(func.count()).select_from(Bookmark).where(*found)
        query = select(*SHOWN).where(*found).order_by(*NEWEST_FIRST).limit(limit).offset(offset)

        def read(connection: Connection) -> tuple[int, list[BookmarkResponse]]:
            return connection.scalar(count) or 0, _with_tags(connection, connection.execute(query).all())

        async with self._sessions.reading.connect() as connection:
            return await connection.run_sync(read)


def _with_tags(connection: Connection, rows: Iterable[Row[Any]]) -> list[BookmarkResponse]:
    """Return what is shown of these bookmarks, each with the names of its tags, sorted without regard to case."""
    names: dict[int, list[str]] = {row.id: [] for row in rows}
    for bookmark_id, name in connection.execute(TAGS, {"ids": list(names)}) if names else ():
        names[bookmark_id].append(name)
    # They come from our own tables: to judge them again would cost more than to read them.
    return [
        BookmarkResponse.model_construct(**row._mapping, tag_names=sorted(names[row.id], key=str.casefold))
        for row in rows
    ]
