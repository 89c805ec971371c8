"""Routes about bookmarks."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, status

from shelf.schemas import BookmarkCreate, BookmarkInDB, BookmarkPage, BookmarkResponse, BookmarkUpdate
from shelf.shared import store
from shelf.store import TakenError

LARGEST = 2**63 - 1  # what a database can count to

BookmarkId = Annotated[int, Path(ge=1, le=LARGEST)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=LARGEST)]

router = APIRouter(prefix="/api/bookmarks", tags=["bookmarks"])


@router.get("/")
async def list_bookmarks(request: Request, limit: Limit = 100, offset: Offset = 0) -> BookmarkPage:
    """Return a page of bookmarks, the newest first."""
    everything = store.bookmarks()
    before, after = max(offset - limit, 0), offset + limit
    return BookmarkPage(
        count=len(everything),
        next=_page_url(request, limit, after) if after < len(everything) else None,
        previous=_page_url(request, limit, before) if offset > 0 else None,
        results=[BookmarkResponse.model_validate(bookmark) for bookmark in everything[offset:after]],
    )


@router.post("/", status_code=status.HTTP_201_CREATED)
async def create_bookmark(new: BookmarkCreate) -> BookmarkResponse:
    """Save a bookmark; if its URL has one already, replace that one."""
    # TODO: once the schemas are right, nothing has to be left out here.
    return BookmarkResponse.model_validate(store.save_bookmark(new.model_dump(exclude_none=True)))


@router.get("/{bookmark_id}/")
async def get_bookmark(bookmark_id: BookmarkId) -> BookmarkResponse:
    """Return one bookmark; 404 if it is not there."""
    return BookmarkResponse.model_validate(_find(bookmark_id))


@router.put("/{bookmark_id}/")
async def replace_bookmark(bookmark_id: BookmarkId, new: BookmarkCreate) -> BookmarkResponse:
    """Replace a bookmark; what was left out is reset. 404 if it is not there, 409 if another one has the URL."""
    return _change(bookmark_id, new)


@router.patch("/{bookmark_id}/")
async def update_bookmark(bookmark_id: BookmarkId, changes: BookmarkUpdate) -> BookmarkResponse:
    """Change what was sent and nothing else. 404 if it is not there, 409 if another one has the URL."""
    return _change(bookmark_id, changes)


@router.delete("/{bookmark_id}/", status_code=status.HTTP_204_NO_CONTENT)
async def delete_bookmark(bookmark_id: BookmarkId) -> None:
    """Delete a bookmark; 404 if it is not there."""
    store.remove_bookmark(_find(bookmark_id).id)


def _find(bookmark_id: int) -> BookmarkInDB:
    bookmark = store.bookmark(bookmark_id)
    if bookmark is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="no such bookmark")
    return bookmark


def _change(bookmark_id: int, sent: BookmarkCreate | BookmarkUpdate) -> BookmarkResponse:
    bookmark = _find(bookmark_id)
    try:
        # TODO: "not sent" and "sent as null" are not the same, and a default was not sent either.
        changed = store.change_bookmark(bookmark.id, sent.model_dump(exclude_none=True))
    except TakenError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, detail=str(error)) from error
    return BookmarkResponse.model_validate(changed)


def _page_url(request: Request, limit: int, offset: int) -> str:
    return str(request.url.include_query_params(limit=limit, offset=offset))
