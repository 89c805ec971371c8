"""Routes about bookmarks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, status

from shelf.bookmarks.dependencies import BookmarksDep
from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.schemas import LARGEST, BookmarkCreate, BookmarkPage, BookmarkResponse, BookmarkUpdate
from shelf.bookmarks.search import parse_search
from shelf.errors import TakenError
from shelf.paging import Limit, Offset, neighbours

BookmarkId = Annotated[int, Path(ge=1, le=LARGEST)]
Typed = Annotated[str, Query(max_length=1000)]

router = APIRouter(prefix="/api/bookmarks", tags=["bookmarks"])


@router.get("/")
async def list_bookmarks(
    request: Request, bookmarks: BookmarksDep, q: Typed = "", limit: Limit = 100, offset: Offset = 0
) -> BookmarkPage:
    """Return a page of the bookmarks that are not archived, the newest first; with `q`, of those that it finds."""
    count, found = await bookmarks.page(parse_search(q), archived=False, limit=limit, offset=offset)
    return _page(request, count, found, limit, offset)


@router.get("/archived/")
async def list_archived(
    request: Request, bookmarks: BookmarksDep, q: Typed = "", limit: Limit = 100, offset: Offset = 0
) -> BookmarkPage:
    """Return a page of the archived bookmarks, the newest first; with `q`, of those that it finds."""
    count, found = await bookmarks.page(parse_search(q), archived=True, limit=limit, offset=offset)
    return _page(request, count, found, limit, offset)


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


@router.post("/{bookmark_id}/archive/", status_code=status.HTTP_204_NO_CONTENT)
async def archive_bookmark(bookmark_id: BookmarkId, bookmarks: BookmarksDep) -> None:
    """Put a bookmark into the archive; 404 if it is not there."""
    await bookmarks.change(await _find(bookmarks, bookmark_id), {"is_archived": True})


@router.post("/{bookmark_id}/unarchive/", status_code=status.HTTP_204_NO_CONTENT)
async def unarchive_bookmark(bookmark_id: BookmarkId, bookmarks: BookmarksDep) -> None:
    """Take a bookmark out of the archive; 404 if it is not there."""
    await bookmarks.change(await _find(bookmarks, bookmark_id), {"is_archived": False})


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


def _page(request: Request, count: int, found: Sequence[Bookmark], limit: int, offset: int) -> BookmarkPage:
    before, after = neighbours(request, count, limit, offset)
    results = [BookmarkResponse.model_validate(bookmark) for bookmark in found]
    return BookmarkPage(count=count, next=after, previous=before, results=results)
