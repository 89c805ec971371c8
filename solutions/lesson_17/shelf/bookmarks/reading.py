"""Bookmarks to be shown, and not to be changed: what is asked for most."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.bookmarks.repository import NEWEST_FIRST, matching
from shelf.bookmarks.schemas import BookmarkResponse
from shelf.bookmarks.search import Search
from shelf.database import Sessions
from shelf.tags.models import Tag

# Columns, and no entities: nobody will change what comes, so no session has to watch it. And only those that are shown:
# `search_text` repeats all the others. Each statement is put together once, and not for each request.
SHOWN = [column for column in Bookmark.__table__.columns if column.name in BookmarkResponse.model_fields]
ONE = select(*SHOWN).where(Bookmark.owner_id == bindparam("owner_id"), Bookmark.id == bindparam("bookmark_id"))
LISTED = (Bookmark.owner_id == bindparam("owner_id"), Bookmark.is_archived == bindparam("archived"))
COUNT = select(func.count()).select_from(Bookmark).where(*LISTED)
PAGE = select(*SHOWN).where(*LISTED).order_by(*NEWEST_FIRST).limit(bindparam("limit")).offset(bindparam("offset"))
TAGS = (
    select(bookmark_tags.c.bookmark_id, Tag.name)
    .join(Tag, Tag.id == bookmark_tags.c.tag_id)
    .where(bookmark_tags.c.bookmark_id.in_(bindparam("ids", expanding=True)))
)


class BookmarkReader:
    """The bookmarks of one owner, as they are shown: of any others it knows nothing."""

    def __init__(self, sessions: Sessions, owner_id: int) -> None:
        self._sessions = sessions
        self._owner_id = owner_id

    async def get(self, bookmark_id: int) -> BookmarkResponse | None:
        """Return the bookmark with this id, if there is one."""
        values = {"owner_id": self._owner_id, "bookmark_id": bookmark_id}

        def read(connection: Connection) -> list[BookmarkResponse]:
            return _with_tags(connection, connection.execute(ONE, values).all())

        async with self._sessions.reading.connect() as connection:
            return next(iter(await connection.run_sync(read)), None)

    async def page(
        self, search: Search, *, archived: bool, limit: int, offset: int
    ) -> tuple[int, list[BookmarkResponse]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`.

        They come newest first; of those with the same date, that with the greater id comes first.
        """
        found = matching(search)
        count, page = (COUNT.where(*found), PAGE.where(*found)) if found else (COUNT, PAGE)
        values = {"owner_id": self._owner_id, "archived": archived, "limit": limit, "offset": offset}

        def read(connection: Connection) -> tuple[int, list[BookmarkResponse]]:
            number = connection.scalar(count, values) or 0
            return number, _with_tags(connection, connection.execute(page, values).all())

        async with self._sessions.reading.connect() as connection:
            return await connection.run_sync(read)


def _with_tags(connection: Connection, rows: Sequence[Row[Any]]) -> list[BookmarkResponse]:
    """Return what is shown of these bookmarks, each with the names of its tags, sorted without regard to case."""
    names: dict[int, list[str]] = {row.id: [] for row in rows}
    for bookmark_id, name in connection.execute(TAGS, {"ids": list(names)}) if names else ():
        names[bookmark_id].append(name)
    # They come from our own tables: to judge them again would cost more than to read them.
    return [
        BookmarkResponse.model_construct(**row._mapping, tag_names=sorted(names[row.id], key=str.casefold))
        for row in rows
    ]
