"""What a job is: reading the page of a bookmark, and keeping what the bookmark lacks."""

from typing import Any

from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.database import Sessions
from shelf.errors import PagesError
from shelf.jobs.outbox import Outbox
from shelf.pages import PageError, PageReader
from shelf.parsing import Page


class Snapshots:
    """Takes snapshots of pages, each once, however often it is asked to."""

    def __init__(self, sessions: Sessions, reader: PageReader) -> None:
        self._sessions = sessions
        self._reader = reader

    async def take(self, job_id: str) -> None:
        """Do a job, unless it is done by now. Raise PagesError if it cannot be done yet: somebody has to ask again."""
        async with self._sessions() as session:
            bookmark = await Outbox(session).bookmark_of(job_id)
        if bookmark is None:
            return
        try:
            page = await self._reader.fetch(bookmark.url)  # no connection is held meanwhile
        except PageError as error:
            raise PagesError(f"the page cannot be read: {error}") from error
        async with self._sessions.begin() as session:
            there = await Outbox(session).remove(job_id)
            if there is None:
                return  # another delivery was faster
            if there.url != bookmark.url:
                raise PagesError("the bookmark has another URL now")  # and the job stays: nothing is committed
            await BookmarkRepository(session, there.owner_id).change(there, _lacking(there, page))

    async def give_up(self, job_id: str) -> None:
        """End a job that cannot be done, and let its bookmark say so."""
        async with self._sessions.begin() as session:
            bookmark = await Outbox(session).remove(job_id)
            if bookmark and bookmark.snapshot_state == "waiting":  # no other job of it is done
                bookmark.snapshot_state = "failed"


def _lacking(bookmark: Bookmark, page: Page) -> dict[str, Any]:
    """Return what a page adds to a bookmark: the words of its owner stay."""
    return {
        "title": bookmark.title or page.title or "",
        "description": bookmark.description or page.description or "",
        "website_title": page.title,
        "website_description": page.description,
        "snapshot_state": "done",
    }
