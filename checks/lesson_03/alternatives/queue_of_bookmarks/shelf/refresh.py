"""Fetching the pages of bookmarks again. Here workers empty a queue, and a strict failure has its own error."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request

from shelf.callers import while_caller_waits
from shelf.limits import REFRESH_AT_ONCE, REFRESH_SECONDS
from shelf.pages import PageError, fetch_page
from shelf.parsing import Page
from shelf.renewal import Failure, RefreshRequest, RefreshResult, find, renew
from shelf.schemas import BookmarkInDB
from shelf.shared import store

router = APIRouter(prefix="/api/bookmarks", tags=["refresh"])


class EnoughError(Exception):
    """One failure is enough."""


@router.post("/refresh/")
async def refresh(wanted: RefreshRequest, request: Request) -> RefreshResult:
    """Fetch the pages of bookmarks again and keep what they say now; after an error, nothing is changed."""
    bookmarks, failed = find(store, wanted.ids)
    pages: dict[int, Page] = {}
    try:
        async with asyncio.timeout(REFRESH_SECONDS):
            await while_caller_waits(request, _empty(_queue_of(bookmarks), wanted.strict, pages, failed))
    except TimeoutError:
        raise HTTPException(504, "out of time") from None
    if wanted.strict and failed:
        raise HTTPException(502, {"message": "strict", "failed": [each.model_dump() for each in failed]})
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


def _queue_of(bookmarks: Sequence[BookmarkInDB]) -> asyncio.Queue[BookmarkInDB]:
    queue: asyncio.Queue[BookmarkInDB] = asyncio.Queue()
    for bookmark in bookmarks:
        queue.put_nowait(bookmark)
    return queue


async def _empty(
    queue: asyncio.Queue[BookmarkInDB], strict: bool, pages: dict[int, Page], failed: list[Failure]
) -> None:
    async def work() -> None:
        while not queue.empty():
            bookmark = queue.get_nowait()
            try:
                pages[bookmark.id] = await fetch_page(bookmark.url)
            except PageError as error:
                failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(error)))
                if strict:
                    raise EnoughError from error

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(REFRESH_AT_ONCE):
                group.create_task(work())
    except* EnoughError:
        pass
