"""Bookmarks to be shown, and not to be changed: what is asked for most."""

from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.schemas import BookmarkResponse
from shelf.bookmarks.search import Search
from shelf.database import Sessions


class BookmarkReader:
    """The bookmarks of one owner, as they are shown: of any others it knows nothing."""

    def __init__(self, sessions: Sessions, owner_id: int) -> None:
        self._sessions = sessions
        self._owner_id = owner_id

    async def get(self, bookmark_id: int) -> BookmarkResponse | None:
        """Return the bookmark with this id, if there is one."""
        # TODO: objects that a session watches for changes, and columns that nobody is shown.
        async with self._sessions.begin() as session:
            bookmark = await BookmarkRepository(session, self._owner_id).get(bookmark_id)
        return BookmarkResponse.model_validate(bookmark) if bookmark else None

    async def page(
        self, search: Search, *, archived: bool, limit: int, offset: int
    ) -> tuple[int, list[BookmarkResponse]]:
        """Return how many bookmarks a search finds, and at most `limit` of them, without the first `offset`.

        They come newest first; of those with the same date, that with the greater id comes first.
        """
        async with self._sessions.begin() as session:
            bookmarks = BookmarkRepository(session, self._owner_id)
            count, found = await bookmarks.page(search, archived=archived, limit=limit, offset=offset)
        return count, [BookmarkResponse.model_validate(bookmark) for bookmark in found]
