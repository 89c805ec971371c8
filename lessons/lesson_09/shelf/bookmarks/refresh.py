"""Fetching the pages of bookmarks again, several at once."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request

from shelf.accounts.dependencies import AccountDep
from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.renewal import Failure, RefreshRequest, RefreshResult, find, renew
from shelf.callers import while_caller_waits
from shelf.dependencies import PageReaderDep, SessionsDep, SettingsDep
from shelf.errors import PagesError, TooSlowError
from shelf.pages import PageError, PageReader
from shelf.parsing import Page

router = APIRouter(prefix="/api/bookmarks", tags=["refresh"])


@router.post("/refresh/", responses={502: {"description": "One failed."}, 504: {"description": "Too slow."}})
async def refresh(
    wanted: RefreshRequest,
    request: Request,
    account: AccountDep,
    settings: SettingsDep,
    sessions: SessionsDep,
    reader: PageReaderDep,
) -> RefreshResult:
    """Fetch the pages of bookmarks again and keep what they say now; after an error, nothing is changed.

    A page that cannot be read costs only itself; if `strict`, it stops all: 502 with every failure known by then.
    What is not done within `refresh_seconds` is stopped: 504. When the caller hangs up, everything stops.
    """
    bookmarks, failed = await find(sessions, account.id, wanted.ids)  # its session ends here: pages may take a minute
    attempted = [] if wanted.strict and failed else bookmarks
    work = _fetch_all(reader, settings.refresh_at_once, attempted, wanted.strict, failed)
    try:
        async with asyncio.timeout(settings.refresh_seconds):
            pages = await while_caller_waits(request, work)
    except TimeoutError as error:
        raise TooSlowError("the pages took too long") from error
    if wanted.strict and failed:
        raise PagesError("not every page could be read", failed=[failure.model_dump() for failure in failed])
    return RefreshResult(refreshed=await renew(sessions, bookmarks, pages, failed), failed=failed)


async def _fetch_all(
    reader: PageReader, at_once: int, bookmarks: Sequence[Bookmark], strict: bool, failed: list[Failure]
) -> dict[int, Page]:
    """Fetch pages, so many `at_once`; return them by bookmark id and add what went wrong to `failed`.

    If `strict`, the first failure ends it, and nothing is fetched any more.
    """
    pages: dict[int, Page] = {}
    waiting = iter(bookmarks)

    async def work() -> None:
        for bookmark in waiting:  # one iterator for all workers: each takes the next
            try:
                pages[bookmark.id] = await reader.fetch(bookmark.url)
            except PageError as error:
                failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(error)))
                if strict:
                    raise

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(at_once):
                workers.create_task(work())
    except* PageError:
        pass  # `failed` says it all, and the group has stopped the others
    return pages
