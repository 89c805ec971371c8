"""Routes about bookmarks."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, status

from shelf.bookmarks.dependencies import BookmarksDep
from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.schemas import LARGEST, BookmarkCreate, BookmarkPage, BookmarkResponse, BookmarkUpdate
from shelf.errors import TakenError

BookmarkId = Annotated[int, Path(ge=1, le=LARGEST)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=LARGEST)]

router = APIRouter(prefix="/api/bookmarks", tags=["bookmarks"])


@router.get("/")
async def list_bookmarks(
    request: Request, bookmarks: BookmarksDep, limit: Limit = 100, offset: Offset = 0
) -> BookmarkPage:
    """Return a page of bookmarks, the newest first."""
    count = await bookmarks.count()
    before, after = max(offset - limit, 0), offset + limit
    return BookmarkPage(
        count=count,
        next=_page_url(request, limit, after) if after < count else None,
        previous=_page_url(request, limit, before) if offset > 0 else None,
        results=[BookmarkResponse.model_validate(one) for one in await bookmarks.newest(limit, offset)],
    )


@router.post("/", status_code=status.HTTP_201_CREATED)
async def create_bookmark(new: BookmarkCreate, bookmarks: BookmarksDep) -> BookmarkResponse:
    """Save a bookmark; if its URL has one already, replace that one."""
    return BookmarkResponse.model_validate(await bookmarks.save(new.model_dump()))


@router.get("/{bookmark_id}/")
async def get_bookmark(bookmark_id: BookmarkId, bookmarks: BookmarksDep) -> BookmarkResponse:
    """Return one bookmark; 404 if it is not there."""
    return BookmarkResponse.model_validate(await _find(bookmarks, bookmark_id))


@router.put("/{bookmark_id}/")
async def replace_bookmark(bookmark_id: BookmarkId, new: BookmarkCreate, bookmarks: BookmarksDep) -> BookmarkResponse:
    """Replace a bookmark; what was left out is reset. 404 if it is not there, 409 if another one has the URL."""
    return await _change(bookmarks, bookmark_id, new)


@router.patch("/{bookmark_id}/")
async def update_bookmark(
    bookmark_id: BookmarkId, changes: BookmarkUpdate, bookmarks: BookmarksDep
) -> BookmarkResponse:
    """Change what was sent and nothing else. 404 if it is not there, 409 if another one has the URL."""
    return await _change(bookmarks, bookmark_id, changes)


@router.delete("/{bookmark_id}/", status_code=status.HTTP_204_NO_CONTENT)
async def delete_bookmark(bookmark_id: BookmarkId, bookmarks: BookmarksDep) -> None:
    """Delete a bookmark; 404 if it is not there."""
    await bookmarks.remove(await _find(bookmarks, bookmark_id))


async def _find(bookmarks: BookmarkRepository, bookmark_id: int) -> Bookmark:
    bookmark = await bookmarks.get(bookmark_id)
    if bookmark is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="no such bookmark")
    return bookmark


async def _change(
    bookmarks: BookmarkRepository, bookmark_id: int, sent: BookmarkCreate | BookmarkUpdate
) -> BookmarkResponse:
    bookmark = await _find(bookmarks, bookmark_id)
    try:
        # What BookmarkUpdate was not sent is MISSING, and model_dump leaves that out.
        changed = await bookmarks.change(bookmark, sent.model_dump())
    except TakenError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, detail=str(error)) from error
    return BookmarkResponse.model_validate(changed)


def _page_url(request: Request, limit: int, offset: int) -> str:
    return str(request.url.include_query_params(limit=limit, offset=offset))
