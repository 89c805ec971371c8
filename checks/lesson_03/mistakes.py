"""Typical wrong answers to lesson 03."""

from workshop.mistakes import Edit, Mistake

REFRESH = "shelf/refresh.py"
CALLERS = "shelf/callers.py"
PAGES = "shelf/pages.py"

# What the solution says, in the pieces that mistakes replace

LIMITS = "from shelf.limits import "
ROUTER = 'router = APIRouter(prefix="/api/bookmarks", tags=["refresh"])\n'
WORKERS = """    pages: dict[int, Page] = {}
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
"""
CATCH = "            except PageError as error:\n"
STRICT = "                if strict:\n                    raise\n"
ENDS = "    except* PageError:\n        pass  # `failed` says it all, and the group has stopped the others\n"
DEADLINE = """        async with asyncio.timeout(REFRESH_SECONDS):
            pages = await while_caller_waits(request, work)
"""
WATCHED = """    try:
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(_watch(request))
            result = await work
            watcher.cancel()
    except* CallerGoneError as gone:
        raise HTTPException(CALLER_HUNG_UP, detail="the caller has hung up") from gone
    return result
"""
CLIENT = "aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer"
PARSED = "await asyncio.to_thread(parse_page, url, text, base=str(answer.url))"

# A task for each page instead of five workers: what most would begin with

FETCH = """    pages: dict[int, Page] = {}
    turn = asyncio.Semaphore(REFRESH_AT_ONCE)

    async def fetch(bookmark: BookmarkInDB) -> None:
        try:
            async with turn:
                pages[bookmark.id] = await fetch_page(bookmark.url)
        except PageError as error:
            failed.append(Failure(id=bookmark.id, url=bookmark.url, reason=str(error) or "too slow"))
            if strict:
                raise

"""
GROUP = """    try:
        async with asyncio.TaskGroup() as group:
            for bookmark in bookmarks:
                group.create_task(fetch(bookmark))
    except* PageError:
        pass
    return pages
"""
GATHER = """    try:
        await asyncio.gather(*(fetch(bookmark) for bookmark in bookmarks))
    except PageError:
        pass
    return pages
"""
EACH = "group.create_task(fetch(bookmark))"
TURN = "async with turn:"
ALL_LIMITS = Edit(REFRESH, LIMITS, f"{LIMITS}PAGE_SECONDS, ")


def tasks(fetch: str = FETCH, group: str = GROUP) -> Edit:
    """A task for each page, in place of the workers."""
    return Edit(REFRESH, WORKERS, fetch + group)


# Five at a time

PLACES = [
    Mistake(
        name="gathers all pages at once",
        edits=[tasks(FETCH.replace(TURN, "if True:"), GATHER)],
        caught_by="test_five_pages_at_a_time",
        says="Of their pages 13 are being fetched",
    ),
    Mistake(
        name="makes a semaphore for each page",
        edits=[tasks(FETCH.replace(TURN, "async with asyncio.Semaphore(REFRESH_AT_ONCE):"))],
        caught_by="test_five_pages_at_a_time",
        says="each page has one of its own",
    ),
    Mistake(
        name="holds the semaphore while a task is made, not while it works",
        edits=[
            tasks(FETCH.replace(TURN, "if True:"), GROUP.replace(EACH, f"async with turn:\n                    {EACH}"))
        ],
        caught_by="test_five_pages_at_a_time",
        says="it is let go too soon",
    ),
    Mistake(
        name="fetches in groups of five",
        edits=[
            tasks(
                FETCH,
                """    for start in range(0, len(bookmarks), REFRESH_AT_ONCE):
        await asyncio.gather(*map(fetch, bookmarks[start : start + REFRESH_AT_ONCE]))
    return pages
""",
            )
        ],
        caught_by="test_five_pages_at_a_time",
        says="a group waits for the slowest of its pages",
    ),
    Mistake(
        name="shares one semaphore among all refreshes",
        edits=[
            tasks(FETCH.replace("    turn = asyncio.Semaphore(REFRESH_AT_ONCE)\n", "")),
            Edit(REFRESH, ROUTER, f"{ROUTER}turn = asyncio.Semaphore(REFRESH_AT_ONCE)\n"),
        ],
        caught_by="test_five_pages_at_a_time",
        says="all refreshes share one limit",
    ),
    Mistake(
        name="writes the five into the code",
        edits=[Edit(REFRESH, "range(REFRESH_AT_ONCE)", "range(5)")],
        caught_by="test_five_pages_at_a_time",
        says="REFRESH_AT_ONCE does not count",
    ),
]

# A page's time, a page's failure

ONE_PAGE = [
    Mistake(
        name="puts the time limit outside the semaphore",
        edits=[
            ALL_LIMITS,
            tasks(
                FETCH.replace(TURN, "async with asyncio.timeout(PAGE_SECONDS), turn:").replace(
                    "except PageError", "except (PageError, TimeoutError)"
                )
            ),
        ],
        caught_by="test_a_pages_time_starts_with_its_turn",
        says="a page's time runs while it waits for its turn",
    ),
    Mistake(
        name="leaves the limit to the client's pool, whose time-out counts the queue",
        edits=[
            tasks(FETCH.replace(TURN, "if True:")),
            Edit(PAGES, CLIENT, "_client().get(url, timeout=timeout) as answer"),
            Edit(
                PAGES,
                "async def fetch_page",
                """SHARED: list[aiohttp.ClientSession] = []


def _client() -> aiohttp.ClientSession:
    if not SHARED:
        SHARED.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=5)))
    return SHARED[0]


async def fetch_page""",
            ),
        ],
        caught_by="test_a_pages_time_starts_with_its_turn",
        says="a page's time runs while it waits for its turn",
    ),
    Mistake(
        name="takes the text of a TimeoutError for a reason",
        edits=[
            ALL_LIMITS,
            Edit(PAGES, "aiohttp.ClientTimeout(total=PAGE_SECONDS)", "aiohttp.ClientTimeout(total=None)"),
            Edit(
                REFRESH,
                "await fetch_page(bookmark.url)",
                "await asyncio.wait_for(fetch_page(bookmark.url), PAGE_SECONDS)",
            ),
            Edit(REFRESH, CATCH, CATCH.replace("PageError", "(PageError, TimeoutError)")),
        ],
        caught_by="test_a_pages_time_starts_with_its_turn",
        says="`str(error)` is empty",
    ),
    Mistake(
        name="sets no limit for a page, since the whole has one",
        edits=[Edit(PAGES, "aiohttp.ClientTimeout(total=PAGE_SECONDS)", "aiohttp.ClientTimeout(total=None)")],
        caught_by="test_a_pages_time_starts_with_its_turn",
        says="nothing ends the wait for a page",
    ),
    Mistake(
        name="takes `except Exception` around a group for tolerance",
        edits=[
            Edit(REFRESH, STRICT, "                raise\n"),
            Edit(REFRESH, ENDS, "    except Exception:\n        pass\n"),
        ],
        caught_by="test_a_broken_page_costs_only_itself",
        says="a bookmark is lost on the way",
    ),
    Mistake(
        name="says of every page that it failed",
        edits=[Edit(REFRESH, "reason=str(error)", 'reason="the page cannot be read"')],
        caught_by="test_a_broken_page_costs_only_itself",
        says="the reason is the same for all",
    ),
]

# What is left behind

LEFT_BEHIND = [
    Mistake(
        name="lets gather raise and thinks that it cancels",
        edits=[tasks(FETCH, GATHER)],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="`gather` leaves them alone",
    ),
    Mistake(
        name="waits for all pages before it looks for failures",
        edits=[Edit(REFRESH, STRICT, "")],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="the refresh waits for the pages that are still on their way",
    ),
    Mistake(
        name="catches the error of a task where only its group arrives",
        edits=[Edit(REFRESH, ENDS, "    except PageError:\n        pass\n")],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="what leaves a TaskGroup is a group of errors",
    ),
    Mistake(
        name="raises an HTTPException in a task",
        edits=[
            Edit(REFRESH, STRICT, STRICT.replace("raise", "raise HTTPException(502, detail=str(error)) from error"))
        ],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="ExceptionGroup: unhandled errors in a TaskGroup",
    ),
    Mistake(
        name="answers with the first failure as a text",
        edits=[Edit(REFRESH, "detail=detail)", "detail=failed[0].reason)")],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="a JSON object with the field `detail.failed`",
    ),
    Mistake(
        name="names what was stopped as failed",
        edits=[Edit(REFRESH, CATCH, CATCH.replace("PageError", "(PageError, asyncio.CancelledError)"))],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="what was only stopped is named as failed",
    ),
    Mistake(
        name="keeps each page as soon as it is read",
        edits=[
            Edit(
                REFRESH,
                "await fetch_page(bookmark.url)\n",
                "await fetch_page(bookmark.url)\n                renew(store, [bookmark], pages, failed)\n",
            )
        ],
        caught_by="test_strict_stops_all_at_the_first_failure",
        says="each page is kept as soon as it was read",
    ),
    Mistake(
        name="swallows the cancellation and takes the next page",
        edits=[Edit(REFRESH, CATCH, CATCH.replace("PageError", "BaseException"))],
        caught_by="test_the_whole_has_a_deadline",
        says="what is told to stop goes on",
    ),
    Mistake(
        name="gives up waiting at the deadline, but not the work",
        edits=[
            Edit(
                REFRESH,
                DEADLINE,
                """        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=REFRESH_SECONDS)
        if not done:
            raise TimeoutError
        pages = task.result()
""",
            )
        ],
        caught_by="test_the_whole_has_a_deadline",
        says="the wait was given up, not the work",
    ),
    Mistake(
        name="looks at the deadline between two pages",
        edits=[
            Edit(REFRESH, DEADLINE, "        pages = await while_caller_waits(request, work)\n"),
            Edit(
                REFRESH,
                "    waiting = iter(bookmarks)\n",
                "    waiting = iter(bookmarks)\n    loop = asyncio.get_running_loop()\n"
                "    deadline = loop.time() + REFRESH_SECONDS\n",
            ),
            Edit(
                REFRESH,
                "each takes the next\n",
                "each takes the next\n            if loop.time() > deadline:\n                raise TimeoutError\n",
            ),
        ],
        caught_by="test_the_whole_has_a_deadline",
        says="nothing limits the whole",
    ),
    Mistake(
        name="answers 200 with what there is at the deadline",
        edits=[
            Edit(REFRESH, DEADLINE, "        pages = await while_caller_waits(request, work)\n"),
            Edit(
                REFRESH,
                "async with asyncio.TaskGroup()",
                "async with asyncio.timeout(REFRESH_SECONDS), asyncio.TaskGroup()",
            ),
            Edit(REFRESH, ENDS, "    except* (PageError, TimeoutError):\n        pass\n"),
        ],
        caught_by="test_the_whole_has_a_deadline",
        says="answered 200",
    ),
    Mistake(
        name="asks once, before it begins, whether the caller is there",
        edits=[
            Edit(
                CALLERS,
                WATCHED,
                "    if await request.is_disconnected():\n        raise HTTPException(CALLER_HUNG_UP)\n"
                "    return await work\n",
            )
        ],
        caught_by="test_the_work_stops_when_the_caller_hangs_up",
        says="nothing looks whether the caller is still there",
    ),
    Mistake(
        name="waits for a cancellation that never comes",
        edits=[
            Edit(
                CALLERS,
                WATCHED,
                "    try:\n        return await work\n    except asyncio.CancelledError:\n"
                "        raise HTTPException(CALLER_HUNG_UP) from None\n",
            ),
        ],
        caught_by="test_the_work_stops_when_the_caller_hangs_up",
        says="nothing looks whether the caller is still there",
    ),
    Mistake(
        name="sees the caller go and leaves the work alone",
        edits=[
            Edit(
                CALLERS,
                WATCHED,
                """    task, watcher = asyncio.ensure_future(work), asyncio.ensure_future(_watch(request))
    await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        raise HTTPException(CALLER_HUNG_UP)
    return task.result()
""",
            )
        ],
        caught_by="test_the_work_stops_when_the_caller_hangs_up",
        says="what sees it does not cancel the tasks",
    ),
]

# Work

WORK = [
    Mistake(
        name="parses first and hands the result to a thread",
        edits=[Edit(PAGES, PARSED, "await asyncio.to_thread(parse_page(url, text, base=str(answer.url)))")],
        caught_by="test_parsing_a_huge_page_does_not_stop_the_loop",
        says="in the thread of the event loop",
    ),
    Mistake(
        name="lets the others run once, then parses in one go",
        edits=[
            Edit(
                PAGES,
                f"return {PARSED}",
                "await asyncio.sleep(0)\n    return parse_page(url, text, base=str(answer.url))",
            )
        ],
        caught_by="test_parsing_a_huge_page_does_not_stop_the_loop",
        says="the event loop stands still at shelf/parsing.py",
    ),
    Mistake(
        name="waits for the thread the blocking way",
        edits=[
            Edit(PAGES, "import asyncio\n", "from concurrent.futures import ThreadPoolExecutor\n"),
            Edit(
                PAGES,
                f"return {PARSED}",
                "return ThreadPoolExecutor().submit(parse_page, url, text, base=str(answer.url)).result()",
            ),
        ],
        caught_by="test_parsing_a_huge_page_does_not_stop_the_loop",
        says="the event loop stands still at shelf/pages.py",
    ),
]

MISTAKES = PLACES + ONE_PAGE + LEFT_BEHIND + WORK
