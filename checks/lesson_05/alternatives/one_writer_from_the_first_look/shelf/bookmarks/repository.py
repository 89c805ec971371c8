"""Reading and writing bookmarks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, now
from shelf.errors import TakenError

NEWEST_FIRST = (Bookmark.date_added.desc(), Bookmark.id.desc())


class BookmarkRepository:
    """Bookmarks as `session` sees them. It commits nothing: whoever opened the session does that.

    `values` may set any column, also `date_modified`, which is this moment if they do not.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, bookmark_id: int) -> Bookmark | None:
        """Return the bookmark with this id, if there is one."""
        return await self._session.get(Bookmark, bookmark_id)

    async def of_url(self, url: str) -> Bookmark | None:
        """Return the bookmark of `url`, if there is one."""
        return await self._session.scalar(select(Bookmark).where(Bookmark.url == url))

    async def count(self) -> int:
        """Return how many bookmarks there are."""
        return await self._session.scalar(select(func.count()).select_from(Bookmark)) or 0

    async def newest(self, limit: int | None = None, offset: int = 0) -> Sequence[Bookmark]:
        """Return bookmarks, the newest first: at most `limit`, without the first `offset`."""
        return (await self._session.scalars(select(Bookmark).order_by(*NEWEST_FIRST).limit(limit).offset(offset))).all()

    async def save(self, values: Mapping[str, Any]) -> Bookmark:
        """Add a bookmark; if its URL has one already, even one of this very moment, change that one."""
        known = await self.of_url(values["url"])
        if known:
            return await self.change(known, values)
        bookmark = Bookmark(**values)
        self._session.add(bookmark)
        await self._session.flush()
        return bookmark

    async def change(self, bookmark: Bookmark, values: Mapping[str, Any]) -> Bookmark:
        """Change `values` of a bookmark; raise TakenError if another one has the new URL."""
        for name, value in {"date_modified": now(), **values}.items():
            setattr(bookmark, name, value)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise TakenError("another bookmark has this URL") from error
        return bookmark

    async def remove(self, bookmark: Bookmark) -> None:
        """Forget a bookmark."""
        await self._session.delete(bookmark)
