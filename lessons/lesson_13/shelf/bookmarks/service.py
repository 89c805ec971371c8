"""What can be done with bookmarks, and what cannot: for routes, and for whoever else needs it."""

from collections.abc import Sequence

from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.schemas import BookmarkCreate, BookmarkUpdate
from shelf.bookmarks.search import parse_search
from shelf.errors import NotFoundError
from shelf.jobs.outbox import Outbox


class BookmarkService:
    """The rules about the bookmarks that a repository holds; without an outbox no page is read for them."""

    def __init__(self, bookmarks: BookmarkRepository, outbox: Outbox | None = None) -> None:
        self._bookmarks = bookmarks
        self._outbox = outbox

    async def find(self, typed: str, *, archived: bool, limit: int, offset: int) -> tuple[int, Sequence[Bookmark]]:
        """Return how many bookmarks fit what was typed, and at most `limit` of them, without the first `offset`."""
        return await self._bookmarks.page(parse_search(typed), archived=archived, limit=limit, offset=offset)

    async def get(self, bookmark_id: int) -> Bookmark:
        """Return a bookmark; raise NotFoundError if it is not there."""
        bookmark = await self._bookmarks.get(bookmark_id)
        if bookmark is None:
            raise NotFoundError("no such bookmark")
        return bookmark

    async def save(self, new: BookmarkCreate) -> Bookmark:
        """Save a bookmark; if its URL has one already, replace that one. Order what it lacks from its page."""
        bookmark = await self._bookmarks.save(new.model_dump())
        if self._outbox and not (bookmark.title and bookmark.description):
            await self._outbox.add(bookmark)
        return bookmark

    async def change(self, bookmark_id: int, sent: BookmarkCreate | BookmarkUpdate) -> Bookmark:
        """Change what was sent. Raise NotFoundError if it is not there, TakenError if another one has the URL."""
        # What BookmarkUpdate was not sent is MISSING, and model_dump leaves that out.
        return await self._bookmarks.change(await self.get(bookmark_id), sent.model_dump())

    async def archive(self, bookmark_id: int, archived: bool) -> None:
        """Put a bookmark into the archive, or take it out; raise NotFoundError if it is not there."""
        await self._bookmarks.change(await self.get(bookmark_id), {"is_archived": archived})

    async def remove(self, bookmark_id: int) -> None:
        """Forget a bookmark; raise NotFoundError if it is not there."""
        await self._bookmarks.remove(await self.get(bookmark_id))
