"""Reading and writing bookmarks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, now
from shelf.bookmarks.search import Search
from shelf.errors import TakenError
from shelf.tags.models import Tag
from shelf.tags.repository import TagRepository

TEXTS = (Bookmark.title, Bookmark.description, Bookmark.notes, Bookmark.url)


def matching(search: Search) -> list[ColumnElement[bool]]:
    """Return the conditions that a bookmark meets if the search finds it."""
    # TODO: this does not find every spelling, and it finds more than was typed.
    texts = [or_(*(column.ilike(f"%{text}%") for column in TEXTS)) for text in search.texts]
    tags = [Bookmark.tags.any(Tag.name == name) for name in search.tags]
    return [*texts, *tags]


class BookmarkRepository:
    """Bookmarks, with their tags, as `session` sees them. It commits nothing: whoever opened the session does that.

    It trusts its callers: the values that they pass win over its own.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, bookmark_id: int) -> Bookmark | None:
        """Return the bookmark with this id, if there is one."""
        # TODO: ask for the tags along with the bookmark.
        bookmark = await self._session.get(Bookmark, bookmark_id)
        if bookmark:
            await bookmark.awaitable_attrs.tags
        return bookmark

    async def of_url(self, url: str) -> Bookmark | None:
        """Return the bookmark of `url`, if there is one."""
        # TODO: ask for the tags along with the bookmark.
        bookmark = await self._session.scalar(select(Bookmark).where(Bookmark.url == url))
        if bookmark:
            await bookmark.awaitable_attrs.tags
        return bookmark

    async def page(self, search: Search, *, archived: bool, limit: int, offset: int) -> tuple[int, Sequence[Bookmark]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`.

        They come newest first; of those with the same date, that with the greater id comes first.
        """
        # TODO: this fetches everything for the sake of one page, and then asks once more for each bookmark of it.
        query = select(Bookmark).where(Bookmark.is_archived == archived, *matching(search))
        found = (await self._session.scalars(query.order_by(Bookmark.date_added.desc()))).all()
        page = found[offset : offset + limit]
        for bookmark in page:
            await bookmark.awaitable_attrs.tags
        return len(found), page

    async def newest(self) -> Sequence[Bookmark]:
        """Return all bookmarks, archived ones too, without their tags; the one that was saved last comes first."""
        return (await self._session.scalars(select(Bookmark).order_by(Bookmark.id.desc()))).all()

    async def following(self, bookmark_id: int, limit: int) -> Sequence[Bookmark]:
        """Return at most `limit` bookmarks whose ids come after this one, in the order of their ids."""
        query = select(Bookmark).where(Bookmark.id > bookmark_id).order_by(Bookmark.id).limit(limit)
        # TODO: ask for the tags along with the bookmarks.
        bookmarks = (await self._session.scalars(query)).all()
        for bookmark in bookmarks:
            await bookmark.awaitable_attrs.tags
        return bookmarks

    async def save(self, values: Mapping[str, Any]) -> Bookmark:
        """Add a bookmark; if its URL has one already, even one of this very moment, change that one."""
        columns, tags = await self._apart(values)
        bookmark = Bookmark(**columns, tags=tags or [])
        try:
            async with self._session.begin_nested():  # what fails in here can be undone without the rest
                self._session.add(bookmark)
        except IntegrityError:
            known = await self.of_url(bookmark.url)
            if known is None:
                raise
            return await self.change(known, values)
        return bookmark

    async def change(self, bookmark: Bookmark, values: Mapping[str, Any]) -> Bookmark:
        """Change `values` of a bookmark; raise TakenError if another one has the new URL."""
        columns, tags = await self._apart(values)
        for name, value in {"date_modified": now(), **columns}.items():
            setattr(bookmark, name, value)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise TakenError("another bookmark has this URL") from error
        if tags is not None:
            # Its row is ours until the commit. The tags that were read before that may be others by now.
            await self._session.refresh(bookmark, ["tags"])
            bookmark.tags = tags
            await self._session.flush()
        return bookmark

    async def remove(self, bookmark: Bookmark) -> None:
        """Forget a bookmark."""
        await self._session.delete(bookmark)

    async def _apart(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Tag] | None]:
        """Return the values of columns, and the tags; None for those if `values` has no names of tags."""
        columns = {name: value for name, value in values.items() if name != "tag_names"}
        if "tag_names" not in values:
            return columns, None
        return columns, list((await TagRepository(self._session).named(values["tag_names"])).values())
