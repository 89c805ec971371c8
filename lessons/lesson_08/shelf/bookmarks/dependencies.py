"""What routes about bookmarks ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.service import BookmarkService
from shelf.dependencies import SessionDep


async def get_bookmarks(session: SessionDep) -> BookmarkRepository:
    """Return the bookmarks, as the session of this request sees them."""
    return BookmarkRepository(session)


BookmarksDep = Annotated[BookmarkRepository, Depends(get_bookmarks)]


async def get_service(bookmarks: BookmarksDep) -> BookmarkService:
    """Return what can be done with these bookmarks."""
    return BookmarkService(bookmarks)


ServiceDep = Annotated[BookmarkService, Depends(get_service)]
