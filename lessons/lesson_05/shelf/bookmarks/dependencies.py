"""What routes about bookmarks ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.bookmarks.repository import BookmarkRepository
from shelf.dependencies import SessionDep


async def get_bookmarks(session: SessionDep) -> BookmarkRepository:
    """Return the bookmarks, as the session of this request sees them."""
    return BookmarkRepository(session)


BookmarksDep = Annotated[BookmarkRepository, Depends(get_bookmarks)]
