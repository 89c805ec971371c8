"""Fetching the pages of bookmarks again. Here with the tools of AnyIO, on which FastAPI itself is built."""

from collections.abc import Sequence

import anyio
from fastapi import APIRouter, HTTPException, Request

from shelf.limits import REFRESH_AT_ONCE, REFRESH_SECONDS
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
    pages: dict[int, Page] = {}
    with anyio.move_on_after(REFRESH_SECONDS) as deadline:
        async with anyio.create_task_group() as group:
            group.start_soon(_watch, request, group.cancel_scope)
            await _fetch_all(bookmarks, wanted.strict, pages, failed)
            group.cancel_scope.cancel()
    if deadline.cancelled_caught:
        raise HTTPException(504)
    if wanted.strict and failed:
        raise HTTPException(502, {"message": "strict", "failed": [each.model_dump() for each in failed]})
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


async def _watch(request: Request, scope: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _fetch_all(
    bookmarks: Sequence[BookmarkInDB], strict: bool, pages: dict[int, Page], failed: list[Failure]
) -> None:
    turn = anyio.CapacityLimiter(REFRESH_AT_ONCE)

    async def fetch(bookmark: BookmarkInDB) -> None:
        async with turn:
            try:
                pages[bookmark.id] = await fetch_page(bookmark.url)
            except PageError as error:
                failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(error)))
                if strict:
                    group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for bookmark in bookmarks:
            group.start_soon(fetch, bookmark)
