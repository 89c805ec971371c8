"""Fetching the pages of bookmarks again. Here each page has a task of its own, and a semaphore lets five of them in."""

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


class PageFailedError(Exception):
    """The page of a bookmark cannot be read."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@router.post("/refresh/")
async def refresh(wanted: RefreshRequest, request: Request) -> RefreshResult:
    """Fetch the pages of bookmarks again and keep what they say now; after an error, nothing is changed."""
    bookmarks, failed = find(store, wanted.ids)
    fetch_all = _fetch_all_or_none if wanted.strict else _fetch_what_can_be_had
    try:
        work = while_caller_waits(request, fetch_all(bookmarks, failed))
        pages = await asyncio.wait_for(work, REFRESH_SECONDS)
    except TimeoutError:
        raise HTTPException(504) from None
    if wanted.strict and failed:
        raise HTTPException(502, {"message": "strict", "failed": [each.model_dump() for each in failed]})
    return RefreshResult(refreshed=renew(store, bookmarks, pages, failed), failed=failed)


async def _fetch_all_or_none(bookmarks: Sequence[BookmarkInDB], failed: list[Failure]) -> dict[int, Page]:
    turn = asyncio.Semaphore(REFRESH_AT_ONCE)
    tasks: dict[int, asyncio.Task[Page]] = {}
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {each.id: group.create_task(_fetch(each, turn)) for each in bookmarks}
    except* PageFailedError as errors:
        failed += [error.failure for error in errors.exceptions if isinstance(error, PageFailedError)]
    return {} if failed else {bookmark_id: task.result() for bookmark_id, task in tasks.items()}


async def _fetch_what_can_be_had(bookmarks: Sequence[BookmarkInDB], failed: list[Failure]) -> dict[int, Page]:
    turn, pages = asyncio.Semaphore(REFRESH_AT_ONCE), {}

    async def keep(bookmark: BookmarkInDB) -> None:
        try:
            pages[bookmark.id] = await _fetch(bookmark, turn)
        except PageFailedError as error:
            failed.append(error.failure)

    async with asyncio.TaskGroup() as group:
        for bookmark in bookmarks:
            group.create_task(keep(bookmark))
    return pages


async def _fetch(bookmark: BookmarkInDB, turn: asyncio.Semaphore) -> Page:
    async with turn:
        try:
            return await fetch_page(bookmark.url)
        except PageError as error:
            raise PageFailedError(Failure(id=bookmark.id, url=bookmark.url, reason=str(error))) from error
