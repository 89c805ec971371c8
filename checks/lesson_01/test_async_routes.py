"""Lesson 01: whoever waits lets the others go on."""

import json
import os

from workshop.testbed import because

CHECK = "/api/bookmarks/check/"
SNAPSHOT = "/api/bookmarks/snapshot/"
GATHERING = 8.0
"""Seconds to wait for one more visitor of the pages. After ten Shelf itself gives a page up, and the count blurs."""


def test_health_answers_while_a_page_is_awaited(shelf, web, waiter):
    """Health answers while another request waits for a slow page."""
    page = web.page("Slow").hold()
    check = shelf.start("GET", CHECK, params={"url": page.url})
    assert all_wait(waiter, web, [check]), not_fetched(page)

    health = shelf.get("/health")

    assert health.answered or shelf.gone, because(
        saw=f"GET /health got no answer while one page was being fetched.{shelf.standstill}",
        expected="an answer at once: waiting for a page is no work.",
        cause="a call inside `async def` that blocks the thread, so the event loop stands still.",
        look="shelf/pages.py, and 'Three ways to wait' in the lesson.",
    )
    health.expect(200)
    page.release()
    assert title(check) == "Slow", lost("Slow", title(check))


def test_twenty_checks_wait_together(shelf, web, waiter):
    """Twenty checks wait for their pages at the same time."""
    many_wait_together(20, shelf, web, waiter)


def test_sixty_checks_wait_together(shelf, web, waiter):
    """Sixty checks wait at the same time, more than there are threads."""
    many_wait_together(60, shelf, web, waiter)


def test_health_answers_while_a_snapshot_is_printed(shelf, web, waiter):
    """Health answers while the press prints a page."""
    page = web.page(body="<p>Fresh from the press.</p>").hold()
    snapshot = shelf.start("GET", SNAPSHOT, params={"url": page.url})
    assert all_wait(waiter, web, [snapshot]), not_fetched(page)

    health = shelf.get("/health")

    assert health.answered or shelf.gone, because(
        saw=f"GET /health got no answer while the press was printing a page.{shelf.standstill}",
        expected="an answer at once, although the press itself can only block.",
        cause="`print_page` blocks its thread, and it is called in the thread of the event loop.",
        look="`snapshot` in shelf/main.py, and 'Three ways to wait' in the lesson.",
    )
    health.expect(200)
    page.release()
    printed = snapshot.answer().expect(200)
    assert "Fresh from the press." in printed.text, because(
        saw=f"The page says 'Fresh from the press.', and {printed}",
        expected="the words of the page as the body of the answer.",
        cause="the route answers before the press has printed, or with something that `print_page` did not return.",
        look="`snapshot` in shelf/main.py.",
    )
    shelf.get(SNAPSHOT, params={"url": web.refused()}).expect(502, about="Nobody listens where the page should be.")


# What the steps share


def many_wait_together(number, shelf, web, waiter):
    """Send so many checks to wait, each for a page of its own; fail the step unless all wait, and get their page."""
    pages = {f"Page {n}": web.page(f"Page {n}").hold() for n in range(1, number + 1)}
    checks = []
    for page in pages.values():
        checks.append(shelf.start("GET", CHECK, params={"url": page.url}))
        assert all_wait(waiter, web, checks) or shelf.gone, because(
            saw=f"{web.inside} of {number} pages were being fetched at the same time.{shelf.standstill}",
            expected=f"all {number}: each check only waits.",
            cause=why_no_more_than(web.inside),
            look="shelf/pages.py, and 'Three ways to wait' in the lesson.",
        )
    for page in pages.values():
        page.release()
    for name, check in zip(pages, checks, strict=True):
        assert title(check) == name, lost(name, title(check))


def all_wait(waiter, web, asked):
    """Whether each of these requests waits inside a page; the step fails if one of them has failed instead."""
    waiter.until(lambda: web.inside >= len(asked) or any(each.done for each in asked), GATHERING)
    for each in asked:
        if each.done:
            each.answer().expect(200)
    return web.inside >= len(asked)


def why_no_more_than(inside):
    """What keeps the number of pages that are fetched at once at `inside`."""
    processors = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if inside == 1:
        return "a call inside `async def` that blocks the thread: the checks wait one after the other."
    if inside == min(32, processors + 4):
        return f"each check blocks a thread, and `asyncio.to_thread` has no more than {inside} of them on this machine."
    if inside == 40:
        return "each check blocks a thread, and FastAPI has no more than 40 of them for `def` routes."
    # On a busy machine the first checks may give up before the pool is full.
    pool = "a pool of threads (FastAPI has no more than 40 of them for `def` routes)"
    return f"something lets only so many wait at once: {pool}, a lock, the limit of a client."


def title(check):
    """The title in the answer to a check."""
    return check.answer().expect(200)["metadata", "title"]


def lost(expected, found):
    """Fail the step: a page was let go, and its check came back with another title."""
    because(
        saw=f"The page '{expected}' was kept waiting, then sent, and its check says {json.dumps(found)} for its title.",
        expected=f"'{expected}': the check waits until the page has come.",
        cause="the check gave up early, took a good page for an unreadable one, or answers with another page's data.",
        look="shelf/pages.py.",
    )


def not_fetched(page):
    """Fail the step: the service was asked about a page, and does not fetch it."""
    because(
        saw=f"Shelf was asked about {page.url} and did not fetch it.",
        expected="the page is fetched while its caller waits.",
        cause="the route answers before it fetches the page, or does not fetch it at all.",
        look="shelf/main.py and shelf/pages.py.",
    )
