"""Routes about bookmarks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, status

from shelf.bookmarks.dependencies import ReaderDep, ServiceDep
from shelf.bookmarks.schemas import LARGEST, BookmarkCreate, BookmarkPage, BookmarkResponse, BookmarkUpdate
from shelf.bookmarks.search import parse_search
from shelf.errors import NotFoundError
from shelf.paging import Limit, Offset, neighbours

BookmarkId = Annotated[int, Path(ge=1, le=LARGEST)]
Typed = Annotated[str, Query(max_length=1000)]

router = APIRouter(prefix="/api/bookmarks", tags=["bookmarks"])


@router.get("/")
async def list_bookmarks(
    request: Request, bookmarks: ReaderDep, q: Typed = "", limit: Limit = 100, offset: Offset = 0
) -> BookmarkPage:
    """Return a page of the bookmarks that are not archived, the newest first; with `q`, of those that it finds."""
    count, found = await bookmarks.page(parse_search(q), archived=False, limit=limit, offset=offset)
    before, after = neighbours(request, count, limit, offset)
    return BookmarkPage(count=count, next=after, previous=before, results=found)


@router.get("/archived/")
async def list_archived(
    request: Request, bookmarks: ReaderDep, q: Typed = "", limit: Limit = 100, offset: Offset = 0
) -> BookmarkPage:
    """Return a page of the archived bookmarks, the newest first; with `q`, of those that it finds."""
    count, found = await bookmarks.page(parse_search(q), archived=True, limit=limit, offset=offset)
    before, after = neighbours(request, count, limit, offset)
    return BookmarkPage(count=count, next=after, previous=before, results=found)


@router.post("/", status_code=status.HTTP_201_CREATED)
async def create_bookmark(new: BookmarkCreate, bookmarks: ServiceDep) -> BookmarkResponse:
    """Save a bookmark; if its URL has one already, replace that one."""
    return BookmarkResponse.model_validate(await bookmarks.save(new))


@router.get("/{bookmark_id}/")
async def get_bookmark(bookmark_id: BookmarkId, bookmarks: ReaderDep) -> BookmarkResponse:
    """Return one bookmark; 404 if it is not there."""
    bookmark = await bookmarks.get(bookmark_id)
    if bookmark is None:
        raise NotFoundError("no such bookmark")
    return bookmark


@router.put("/{bookmark_id}/")
async def replace_bookmark(bookmark_id: BookmarkId, new: BookmarkCreate, bookmarks: ServiceDep) -> BookmarkResponse:
    """Replace a bookmark; what was left out is reset. 404 if it is not there, 409 if another one has the URL."""
    return BookmarkResponse.model_validate(await bookmarks.change(bookmark_id, new))


@router.patch("/{bookmark_id}/")
async def update_bookmark(bookmark_id: BookmarkId, changes: BookmarkUpdate, bookmarks: ServiceDep) -> BookmarkResponse:
    """Change what was sent and nothing else. 404 if it is not there, 409 if another one has the URL."""
    return BookmarkResponse.model_validate(await bookmarks.change(bookmark_id, changes))


@router.delete("/{bookmark_id}/", status_code=status.HTTP_204_NO_CONTENT)
async def delete_bookmark(bookmark_id: BookmarkId, bookmarks: ServiceDep) -> None:
    """Delete a bookmark; 404 if it is not there."""
    await bookmarks.remove(bookmark_id)


@router.post("/{bookmark_id}/archive/", status_code=status.HTTP_204_NO_CONTENT)
async def archive_bookmark(bookmark_id: BookmarkId, bookmarks: ServiceDep) -> None:
    """Put a bookmark into the archive; 404 if it is not there."""
    await bookmarks.archive(bookmark_id, True)


@router.post("/{bookmark_id}/unarchive/", status_code=status.HTTP_204_NO_CONTENT)
async def unarchive_bookmark(bookmark_id: BookmarkId, bookmarks: ServiceDep) -> None:
    """Take a bookmark out of the archive; 404 if it is not there."""
    await bookmarks.archive(bookmark_id, False)
