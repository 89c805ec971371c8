"""Fetching the pages of bookmarks again. Here `gather` brings in what can be had; strict, the tasks are cancelled."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request

from shelf.callers import while_caller_waits
from shelf.limits import PAGE_SECONDS, REFRESH_AT_ONCE, REFRESH_SECONDS
from shelf.pages import PageError, fetch_page
from shelf.parsing import Page
from shelf.renewal import Failure, RefreshRequest, RefreshResult, find, renew
from shelf.schemas import BookmarkInDB
from shelf.shared import store

router = APIRouter(prefix="/api/bookmarks", tags=["refresh"])


@router.post("/refresh/")
async def refresh(wanted: RefreshRequest, request: Request) -> RefreshResult:
    """Fetch the pages of bookmarks again and keep what they say now; after an error, nothing is changed."""
    bookmarks, failed = find(store, wanted.ids)
    try:
        async with asyncio.timeout(REFRESH_SECONDS):
            results = await while_caller_waits(request, _fetch_all(bookmarks, wanted.strict))
    except TimeoutError:
        raise HTTPException(504) from None
    pages = {}
    for bookmark, result in zip(bookmarks, results, strict=True):
        if isinstance(result, Page):
            pages[bookmark.id] = result
        elif isinstance(result, (PageError, TimeoutError)):
            failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(result) or "too slow"))
    if wanted.strict and failed:
        raise HTTPException(502, {"message": "strict", "failed": [each.model_dump() for each in failed]})
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


async def _fetch_all(bookmarks: Sequence[BookmarkInDB], strict: bool) -> list[Page | BaseException]:
    """Return a page or an error for each bookmark, in their order."""
    turn = asyncio.Semaphore(REFRESH_AT_ONCE)

    async def fetch(bookmark: BookmarkInDB) -> Page:
        async with turn:
            return await asyncio.wait_for(fetch_page(bookmark.url), PAGE_SECONDS)

    tasks = [asyncio.create_task(fetch(bookmark)) for bookmark in bookmarks]
    try:
        await asyncio.gather(*tasks, return_exceptions=not strict)
    except (PageError, TimeoutError):
        pass
    finally:
        for task in tasks:
            task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)
