"""Typical wrong answers to lesson 01."""

from workshop.mistakes import Edit, Mistake

PAGES = "shelf/pages.py"
MAIN = "shelf/main.py"

BLOCKING = '''"""Reading pages of the web."""

import asyncio
import urllib.request

import httpx2

from shelf.parsing import Page, parse_page


def download(url: str) -> str:
    """Return the text of the page at `url`."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read(1024 * 1024).decode()


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself."""
    return parse_page(url, {text})
'''

SNAPSHOT = '''def snapshot(url: str) -> str:
    """Return a printable copy of the page at `url`; 502 if the press cannot print it."""
    # A plain `def` on purpose: FastAPI has threads for these, apart from the few that name look-ups need.
    try:
        return print_page(url)
'''
OPENING = "        async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer:\n"
LOOP = """    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) >= PAGE_BYTES:
            break
"""

ON_WAITING = [
    Mistake(
        name="moves the blocking call one function down",
        files={PAGES: BLOCKING.format(text="download(url)")},
        caught_by="test_health_answers_while_a_page_is_awaited",
        says="blocks the thread",
    ),
    Mistake(
        name="puts async def around a client that blocks",
        files={PAGES: BLOCKING.format(text="httpx2.get(url, timeout=10).text")},
        caught_by="test_health_answers_while_a_page_is_awaited",
        says="the event loop stands still at shelf/pages.py",
    ),
    Mistake(
        name="runs the blocking call before it gets to a thread",
        files={PAGES: BLOCKING.format(text="await asyncio.to_thread(download(url))")},
        caught_by="test_health_answers_while_a_page_is_awaited",
        says="the event loop stands still at shelf/pages.py",
    ),
    Mistake(
        name="lets ten pages be fetched at a time, to be on the safe side",
        edits=[
            Edit(PAGES, "import aiohttp\n", "import asyncio\n\nimport aiohttp\n"),
            Edit(PAGES, 'HTML_TYPES = {"', 'AT_ONCE = asyncio.Semaphore(10)\nHTML_TYPES = {"'),
            Edit(PAGES, OPENING, OPENING.replace("async with ", "async with AT_ONCE, ")),
        ],
        caught_by="test_twenty_checks_wait_together",
        says="10 of 20 pages were being fetched at the same time",
    ),
    Mistake(
        name="leaves the waiting to asyncio.to_thread",
        files={PAGES: BLOCKING.format(text="await asyncio.to_thread(download, url)")},
        caught_by="test_sixty_checks_wait_together",
        says="`asyncio.to_thread` has no more than",
    ),
    Mistake(
        name="makes the route a plain def with an event loop of its own",
        edits=[
            Edit(MAIN, "from fastapi import", "import asyncio\n\nfrom fastapi import"),
            Edit(MAIN, "async def check(", "def check("),
            Edit(MAIN, "await read_page(url)", "asyncio.run(read_page(url))"),
        ],
        caught_by="test_sixty_checks_wait_together",
        says="FastAPI has no more than 40 of them",
    ),
    Mistake(
        name="leaves the press in the event loop",
        edits=[Edit(MAIN, SNAPSHOT, f"async {SNAPSHOT}")],
        caught_by="test_health_answers_while_a_snapshot_is_printed",
        says="called in the thread of the event loop",
    ),
    Mistake(
        name="forgets to await the thread",
        edits=[
            Edit(MAIN, "from fastapi import", "import asyncio\n\nfrom fastapi import"),
            Edit(MAIN, SNAPSHOT, f"async {SNAPSHOT}".replace("print_page(url)", "asyncio.to_thread(print_page, url)")),
        ],
        caught_by="test_health_answers_while_a_snapshot_is_printed",
        says="answered 500",
    ),
    Mistake(
        name="prints after it has answered",
        edits=[
            Edit(MAIN, "from fastapi import", "from fastapi import BackgroundTasks,"),
            Edit(
                MAIN,
                SNAPSHOT,
                SNAPSHOT.replace("url: str", "url: str, tasks: BackgroundTasks").replace(
                    "return print_page(url)", "tasks.add_task(print_page, url)\n        return 'Printing.'"
                ),
            ),
        ],
        caught_by="test_health_answers_while_a_snapshot_is_printed",
        says="the route answers before",
    ),
]

ON_READING = [
    Mistake(
        name="counts an image's address from where the redirect began",
        edits=[Edit(PAGES, "base=str(answer.url)", "base=url")],
        caught_by="test_a_page_gives_its_title_description_and_image",
        says="so a change of yours has lost it",
    ),
    Mistake(
        name="answers 502 for a page that cannot be read",
        edits=[
            Edit(PAGES, "import aiohttp\n", "import aiohttp\nfrom fastapi import HTTPException\n"),
            Edit(
                PAGES,
                "except PageError:\n        return Page(url)",
                "except PageError:\n        raise HTTPException(502)",
            ),
        ],
        caught_by="test_a_page_that_cannot_be_read_gives_empty_metadata",
        says="answered 502",
    ),
    Mistake(
        name="reads whatever comes as HTML",
        edits=[Edit(PAGES, "if answer.content_type not in HTML_TYPES:", "if not answer.content_type:")],
        caught_by="test_a_page_that_cannot_be_read_gives_empty_metadata",
        says="without a look at its status, its Content-Type or its charset",
    ),
    Mistake(
        name="reads the page that says Not found",
        edits=[Edit(PAGES, "if answer.status != HTTPStatus.OK:", "if answer.status >= 500:")],
        caught_by="test_a_page_that_cannot_be_read_gives_empty_metadata",
        says="The page is missing (404)",
    ),
    Mistake(
        name="puts a question mark where the charset does not fit",
        edits=[
            Edit(
                PAGES, "decode_page(bytes(body[:PAGE_BYTES]), ", 'body[:PAGE_BYTES].decode(errors="replace", encoding='
            )
        ],
        caught_by="test_a_page_that_cannot_be_read_gives_empty_metadata",
        says="is not in the charset that it names",
    ),
    Mistake(
        name="expects only the errors of its client",
        edits=[Edit(PAGES, "except (LookupError, UnicodeError) as error:", "except aiohttp.ClientError as error:")],
        caught_by="test_a_page_that_cannot_be_read_gives_empty_metadata",
        says="an error that nothing handles, raised at shelf/parsing.py",
    ),
    Mistake(
        name="takes read(n) for n bytes",
        edits=[Edit(PAGES, LOOP, "    body = await answer.content.read(PAGE_BYTES)\n")],
        caught_by="test_an_endless_page_is_read_up_to_one_mib",
        says="`read(n)` gives what has arrived, not n bytes",
    ),
    Mistake(
        name="reads to the end and then cuts",
        edits=[Edit(PAGES, LOOP, "    body = await answer.read()\n")],
        caught_by="test_an_endless_page_is_read_up_to_one_mib",
        says="or it goes on until time is up",
    ),
    Mistake(
        name="believes Content-Length, and reads on where there is none",
        edits=[
            Edit(PAGES, LOOP, LOOP.replace("if len(body)", "if (answer.content_length or 0)")),
            Edit(PAGES, "ClientTimeout(total=PAGE_SECONDS)", "ClientTimeout(sock_read=PAGE_SECONDS)"),
        ],
        caught_by="test_an_endless_page_is_read_up_to_one_mib",
        says="the page is read to its end, and it has none",
    ),
    Mistake(
        name="reads five MiB instead of one",
        edits=[Edit(PAGES, "PAGE_BYTES = 1024 * 1024", "PAGE_BYTES = 5 * 1024 * 1024")],
        caught_by="test_an_endless_page_is_read_up_to_one_mib",
        says="the page is read further than the limit",
    ),
    Mistake(
        name="takes half a character at the limit for an error",
        edits=[Edit(PAGES, "decode_page(bytes(body[:PAGE_BYTES]), ", "body[:PAGE_BYTES].decode(")],
        caught_by="test_an_endless_page_is_read_up_to_one_mib",
        says="the half of the character is taken for an error",
    ),
    Mistake(
        name="opens a client for every page and closes none",
        edits=[
            Edit(
                PAGES,
                OPENING,
                "        client = aiohttp.ClientSession(timeout=timeout)\n"
                + OPENING.replace("aiohttp.ClientSession(timeout=timeout) as client, ", ""),
            ),
        ],
        caught_by="test_checks_leave_nothing_open",
        says="a new client for every page, and none is closed",
    ),
    Mistake(
        name="closes the answer only where all went well",
        files={
            PAGES: '''"""Reading pages of the web."""

import httpx2

from shelf.parsing import Page, parse_page

CLIENT = httpx2.AsyncClient(timeout=10)


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself."""
    answer = await CLIENT.send(CLIENT.build_request("GET", url), stream=True)
    if answer.status_code != 200:
        return Page(url)
    page = parse_page(url, (await answer.aread()).decode())
    await answer.aclose()
    return page
'''
        },
        caught_by="test_checks_leave_nothing_open",
        says="connections to pages are still open",
    ),
]

MISTAKES = [*ON_WAITING, *ON_READING]
