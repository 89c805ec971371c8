"""Reading and writing bookmarks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shelf.accounts.locks import share_account
from shelf.bookmarks.models import Bookmark, now
from shelf.bookmarks.search import Search
from shelf.bookmarks.urls import normalize_url
from shelf.errors import TakenError
from shelf.tags.changes import note_change
from shelf.tags.models import Tag
from shelf.tags.repository import TagRepository

NEWEST_FIRST = (Bookmark.date_added.desc(), Bookmark.id.desc())
WITH_TAGS = selectinload(Bookmark.tags)


def matching(search: Search) -> list[ColumnElement[bool]]:
    """Return the conditions that a bookmark meets if the search finds it."""
    texts = [Bookmark.search_text.contains(text, autoescape=True) for text in search.texts]
    tags = [Bookmark.tags.any(Tag.name_key == key) for key in search.tags]
    return [*texts, *tags]


class BookmarkRepository:
    """The bookmarks of one owner, with their tags, as `session` sees them: of any others it knows nothing.

    It commits nothing: whoever opened the session does that. It trusts its callers: the values that they pass win over
    its own.
    """

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self._session = session
        self._owner_id = owner_id
        self._own = Bookmark.owner_id == owner_id

    async def get(self, bookmark_id: int) -> Bookmark | None:
        """Return the bookmark with this id, if there is one."""
        query = select(Bookmark).where(Bookmark.id == bookmark_id, self._own)
        return await self._session.scalar(query.options(WITH_TAGS))

    async def of_url(self, url: str) -> Bookmark | None:
        """Return the bookmark of `url`, if there is one, however it is written; one written just so comes first."""
        is_same = Bookmark.url == url
        either = or_(is_same, Bookmark.url_normalized == normalize_url(url))
        query = select(Bookmark).where(self._own, either).order_by(is_same.desc()).limit(1)
        return await self._session.scalar(query.options(WITH_TAGS))

    async def page(self, search: Search, *, archived: bool, limit: int, offset: int) -> tuple[int, Sequence[Bookmark]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`.

        They come newest first; of those with the same date, that with the greater id comes first.
        """
        found = (self._own, Bookmark.is_archived == archived, *matching(search))
        count = await self._session.scalar(select(func.count()).select_from(Bookmark).where(*found)) or 0
        query = select(Bookmark).where(*found).order_by(*NEWEST_FIRST).limit(limit).offset(offset)
        return count, (await self._session.scalars(query.options(WITH_TAGS))).all()

    async def newest(self) -> Sequence[Bookmark]:
        """Return all bookmarks, archived ones too, without their tags; the one that was saved last comes first."""
        query = select(Bookmark).where(self._own).order_by(Bookmark.id.desc())
        return (await self._session.scalars(query)).all()

    async def following(self, bookmark_id: int, limit: int) -> Sequence[Bookmark]:
        """Return at most `limit` bookmarks whose ids come after this one, in the order of their ids."""
        query = select(Bookmark).where(self._own, Bookmark.id > bookmark_id).order_by(Bookmark.id).limit(limit)
        return (await self._session.scalars(query.options(WITH_TAGS))).all()

    async def save(self, values: Mapping[str, Any]) -> Bookmark:
        """Add a bookmark; if its URL has one already, even one of this very moment, change that one."""
        note_change(self._session, self._owner_id)
        columns, tags = await self._apart(values)
        bookmark = Bookmark(**columns, owner_id=self._owner_id, tags=tags or [])
        try:
            async with self._session.begin_nested():  # what fails in here can be undone without the rest
                self._session.add(bookmark)
        except IntegrityError:
            known = await self._locked(bookmark.url)
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
            note_change(self._session, self._owner_id)
            # Its row is ours until the commit. The tags that were read before that may be others by now.
            await self._session.refresh(bookmark, ["tags"])
            bookmark.tags = tags
            await self._session.flush()
        return bookmark

    async def remove(self, bookmark: Bookmark) -> None:
        """Forget a bookmark."""
        await share_account(self._session, self._owner_id)
        note_change(self._session, self._owner_id)
        await self._session.delete(bookmark)

    async def _locked(self, url: str) -> Bookmark | None:
        """Return the bookmark of `url` as it is now, and as it stays until the commit: others who change it wait."""
        known = await self.of_url(url)
        if known is not None:
            # Only what differs from what was read is written, so it must not be what another save is just replacing.
            await self._session.refresh(known, with_for_update=True)
        return known

    async def _apart(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Tag] | None]:
        """Return the values of columns, and the tags; None for those if `values` has no names of tags."""
        columns = {name: value for name, value in values.items() if name != "tag_names"}
        if "tag_names" not in values:
            return columns, None
        tags = await TagRepository(self._session, self._owner_id).named(values["tag_names"])
        return columns, list(tags.values())
