"""Fetching the pages of bookmarks again, several at once."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, status

from shelf.callers import while_caller_waits
from shelf.limits import REFRESH_AT_ONCE, REFRESH_SECONDS
from shelf.pages import PageError, fetch_page
from shelf.parsing import Page
from shelf.renewal import Failure, RefreshRequest, RefreshResult, find, renew
from shelf.schemas import BookmarkInDB
from shelf.shared import store

router = APIRouter(prefix="/api/bookmarks", tags=["refresh"])


@router.post("/refresh/", responses={502: {"description": "One failed."}, 504: {"description": "Too slow."}})
async def refresh(wanted: RefreshRequest, request: Request) -> RefreshResult:
    """Fetch the pages of bookmarks again and keep what they say now; after an error, nothing is changed.

    A page that cannot be read costs only itself; if `strict`, it stops all: 502 with every failure known by then.
    What is not done within REFRESH_SECONDS is stopped: 504. When the caller hangs up, everything stops.
    """
    bookmarks, failed = find(store, wanted.ids)
    work = _fetch_all([] if wanted.strict and failed else bookmarks, wanted.strict, failed)
    try:
        async with asyncio.timeout(REFRESH_SECONDS):
            pages = await while_caller_waits(request, work)
    except TimeoutError as error:
        raise HTTPException(status.HTTP_504_GATEWAY_TIMEOUT, detail="the pages took too long") from error
    if wanted.strict and failed:
        detail = {"message": "not every page could be read", "failed": [failure.model_dump() for failure in failed]}
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, detail=detail)
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


async def _fetch_all(bookmarks: Sequence[BookmarkInDB], strict: bool, failed: list[Failure]) -> dict[int, Page]:
    """Fetch pages, REFRESH_AT_ONCE at a time; return them by bookmark id and add what went wrong to `failed`.

    If `strict`, the first failure ends it, and nothing is fetched any more.
    """
    pages: dict[int, Page] = {}
    waiting = iter(bookmarks)

    async def work() -> None:
        for bookmark in waiting:  # one iterator for all workers: each takes the next
            try:
                pages[bookmark.id] = await fetch_page(bookmark.url)
            except PageError as error:
                failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(error)))
                if strict:
                    raise

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(REFRESH_AT_ONCE):
                workers.create_task(work())
    except* PageError:
        pass  # `failed` says it all, and the group has stopped the others
    return pages
