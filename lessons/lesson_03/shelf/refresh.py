"""Fetching the pages of bookmarks again, several at once."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, status

from shelf.callers import while_caller_waits
from shelf.limits import PAGE_SECONDS
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
    # TODO: nothing limits the whole, and one page that cannot be read costs all the others, strict or not.
    bookmarks, failed = find(store, wanted.ids)
    try:
        pages = await while_caller_waits(request, _fetch_all(bookmarks, wanted.strict, failed))
    except PageError as error:
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, detail=str(error)) from error
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


async def _fetch_all(bookmarks: Sequence[BookmarkInDB], strict: bool, failed: list[Failure]) -> dict[int, Page]:
    """Fetch pages, REFRESH_AT_ONCE at a time; return them by bookmark id and add what went wrong to `failed`.

    If `strict`, the first failure ends it, and nothing is fetched any more.
    """
    # TODO: they take turns one by one, and the time that a page waits for its turn counts against it.
    # TODO: when one fails, those that are left behind go on.
    turn = asyncio.Lock()

    async def fetch(bookmark: BookmarkInDB) -> Page:
        async with turn:
            return await fetch_page(bookmark.url)

    pages = await asyncio.gather(*(asyncio.wait_for(fetch(bookmark), PAGE_SECONDS) for bookmark in bookmarks))
    return {bookmark.id: page for bookmark, page in zip(bookmarks, pages, strict=True)}
