"""What routes about bookmarks ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.accounts.dependencies import AccountDep
from shelf.bookmarks.reading import BookmarkReader
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.service import BookmarkService
from shelf.dependencies import ResourcesDep, SessionDep
from shelf.jobs.dependencies import OutboxDep


async def get_bookmarks(session: SessionDep, account: AccountDep) -> BookmarkRepository:
    """Return the bookmarks of whoever is asking, as the session of this request sees them."""
    return BookmarkRepository(session, account.id)


BookmarksDep = Annotated[BookmarkRepository, Depends(get_bookmarks)]


async def get_service(bookmarks: BookmarksDep, outbox: OutboxDep) -> BookmarkService:
    """Return what can be done with these bookmarks."""
    return BookmarkService(bookmarks, outbox)


ServiceDep = Annotated[BookmarkService, Depends(get_service)]


async def get_reader(resources: ResourcesDep, account: AccountDep) -> BookmarkReader:
    """Return the bookmarks of whoever is asking, to be shown."""
    return BookmarkReader(resources.sessions, account.id)


ReaderDep = Annotated[BookmarkReader, Depends(get_reader)]
