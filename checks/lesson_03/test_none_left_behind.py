"""Lesson 03: whatever ends a refresh early, nothing of it goes on."""

import json
import random

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
PATIENT = {"PAGE_SECONDS": "60", "REFRESH_SECONDS": "120"}
"""Limits that no step comes near: what is left behind goes on for longer than a step waits."""
GUARD = 8.0
STRICT = "shelf/refresh.py, and 'All or nothing' in the lesson."
DEADLINE = "`refresh` in shelf/refresh.py, and 'A deadline for the whole' in the lesson."
CALLER = "shelf/callers.py, and 'When the caller hangs up' in the lesson."


def test_strict_stops_all_at_the_first_failure(start_shelf, web):
    """If strict, the first failure stops all: 502, and nothing goes on."""
    shelf = start_shelf(env=PATIENT)
    pages = put_up(shelf, web, 13)
    refresh = start_refresh(shelf, pages, strict=True)
    wait_for_visits(web, 5, refresh)
    one_inside(pages)[1].release()
    wait_for_visits(web, web.visits + 1, refresh)
    broken, page = one_inside(pages)
    page.status = 404
    page.release()
    answer = refresh.answer()

    about = "A strict refresh of 13 pages: one was read, one is missing, the others have not answered yet."
    assert answer.answered or shelf.gone, because(
        saw=f"{about} No answer comes.{shelf.standstill}",
        expected="502 as soon as one page has failed, whatever the others do.",
        cause="the refresh waits for the pages that are still on their way; or what is told to stop goes on.",
        look=STRICT,
    )
    answer.expect(502, about=about, look=STRICT, **why_500(shelf, answer))
    nothing_goes_on(shelf, pages, f"{about} 502 was the answer.", STRICT)
    assert failures(answer) == {broken: page.url}, not_named(answer, about, {broken: page.url})
    nothing_has_changed(shelf, "502", STRICT)

    missing = {max(pages) + n: None for n in random.sample(range(1, 1000), 2)}
    answer = shelf.post(REFRESH, json={"ids": [*missing, broken], "strict": True})
    about = "A strict refresh of a bookmark, and of two that are not there."
    answer.expect(502, about=about, look=STRICT)
    assert missing.items() <= failures(answer).items(), not_named(answer, about, missing)
    page.status = 200
    about = "A strict refresh of 13 pages, all good."
    answer = shelf.post(REFRESH, json={"strict": True}).expect(200, about=about)
    assert (sorted(answer["refreshed"]), answer["failed"]) == (sorted(pages), []), because(
        saw=f"{about} {answer}",
        expected=f"`refreshed`: {sorted(pages)}, and nothing in `failed`.",
        cause="bookmarks are lost on the way.",
        look=STRICT,
    )


def test_the_whole_has_a_deadline(start_shelf, web):
    """The whole has a deadline: 504, and nothing is left running."""
    shelf = start_shelf(env={"PAGE_SECONDS": "60", "REFRESH_SECONDS": "1"})
    pages = put_up(shelf, web, 13)
    for page in random.sample(list(pages.values()), 3):
        page.release()
    refreshes = [start_refresh(shelf, pages, strict=strict) for strict in (False, True)]
    about = "REFRESH_SECONDS is 1. Three of 13 pages answer, the others never do."
    for refresh in refreshes:
        answer = refresh.answer(GUARD)
        assert answer.answered or shelf.gone, because(
            saw=f"{about} The refresh has not answered after {GUARD:g} seconds.{shelf.standstill}",
            expected="504 after REFRESH_SECONDS.",
            cause="nothing limits the whole; or what is told to stop goes on.",
            look=DEADLINE,
        )
        answer.expect(504, about=about, look=DEADLINE)
    nothing_goes_on(shelf, pages, f"{about} 504 was the answer.", DEADLINE)
    nothing_has_changed(shelf, "504", DEADLINE)


def test_the_work_stops_when_the_caller_hangs_up(start_shelf, web):
    """When the caller hangs up, the work stops."""
    shelf = start_shelf(env=PATIENT)
    pages, others = put_up(shelf, web, 13), put_up(shelf, web, 7)
    leaves, stays = start_refresh(shelf, pages), start_refresh(shelf, others)
    wait_for_visits(web, 10, leaves, stays)
    leaves.hang_up()
    about = "The caller of a refresh of 13 pages has hung up."
    nothing_goes_on(shelf, pages, about, CALLER)
    let_go(others)
    answer = stays.answer()
    answer.expect(200, about="One caller has hung up, another one has stayed.", look=CALLER)
    assert sorted(answer["refreshed"]) == sorted(others), because(
        saw=f"One caller has hung up, another one has stayed: {answer}",
        expected=f"`refreshed`: {sorted(others)}",
        cause="what stops one refresh stops the other as well.",
        look=CALLER,
    )


# What the steps share


def put_up(shelf, web, number):
    """Put up pages that keep their visitors waiting, save a bookmark for each, and return them by bookmark id."""
    pages = [web.page(f"Page {n}").hold() for n in range(number)]
    return {shelf.post(BOOKMARKS, json={"url": page.url}).expect(201)["id"]: page for page in pages}


def let_go(pages):
    """Let these pages answer."""
    for page in pages.values():
        page.release()


def start_refresh(shelf, pages, **more):
    return shelf.start("POST", REFRESH, json={"ids": random.sample(sorted(pages), len(pages))} | more)


def wait_for_visits(web, number, *refreshes):
    """Wait for so many visits, or for fewer that last; fail the step if a refresh is answered before."""
    web.waiter.until(lambda: web.visits >= number or any(refresh.done for refresh in refreshes), GUARD / 4)
    for refresh in refreshes:
        if refresh.done:
            refresh.answer().expect(200, about="No page has answered yet.")
    if not web.inside:
        web.wait_for_visitors(1)


def one_inside(pages):
    """The id and the page of a bookmark that is being fetched."""
    return random.choice([each for each in pages.items() if each[1].inside])


def nothing_goes_on(shelf, pages, about, look):
    """Fail the step if any of these pages is still being fetched, or another one begins to be."""

    def inside():
        return sum(page.inside for page in pages.values())

    def visits():
        return sum(page.visits for page in pages.values())

    shelf.waiter.until(lambda: not inside(), GUARD)
    serve_others(shelf)
    before, left = visits(), inside()
    let_go(pages)
    serve_others(shelf)
    more = visits() - before
    assert left + more == 0, because(
        saw=f"{about} Pages still being fetched after that: {left}. Pages that were asked for later: {more}.",
        expected="nothing goes on: no page is fetched for somebody who will never know.",
        cause=why_left(look),
        look=look,
    )


def why_500(shelf, answer):
    """What a learner should know about an error that has come as a group."""
    if answer.status != 500 or not shelf.waiter.until(lambda: bool(shelf.seen.errors), 1):
        return {}
    grouped = shelf.seen.errors[-1]["type"] in ("ExceptionGroup", "BaseExceptionGroup")
    return {"cause": GROUPED} if grouped else {}


GROUPED = (
    "what leaves a TaskGroup is a group of errors: no `except` for one of them matches it, and neither does FastAPI's "
    "handler of HTTPException."
)


def why_left(look):
    """What usually leaves tasks behind."""
    return {
        STRICT: "the error was passed on, and the tasks of the other pages go on: `gather` leaves them alone.",
        DEADLINE: "the wait was given up, not the work: the tasks were not cancelled.",
        CALLER: "nothing looks whether the caller is still there, or what sees it does not cancel the tasks.",
    }[look]


def serve_others(shelf):
    """Let other requests be served one after the other, so that what is going to happen happens."""
    for _ in range(10):
        shelf.get("/health").expect(200)


def nothing_has_changed(shelf, status, look):
    """Fail the step if a bookmark has been renewed."""
    changed = [each for each in shelf.get(BOOKMARKS).expect(200)["results"] if each["website_title"] or each["title"]]
    assert not changed, because(
        saw=f"{status} was the answer to a refresh, and yet a bookmark has changed: {json.dumps(changed[0])}",
        expected=f"after a {status} every bookmark is as it was.",
        cause="each page is kept as soon as it was read, not when all is done.",
        look=look,
    )


def failures(answer):
    """The bookmarks that a 502 names, each id with its URL; or with what it says for a reason, if that is none."""
    is_a_problem = answer.headers.get("content-type") == "application/problem+json"  # from lesson 08 on
    place = ("failed",) if is_a_problem else ("detail", "failed")
    failed = answer[place]
    entries = [(*place, n) for n in range(len(failed) if isinstance(failed, list) else 1)]
    reasons = {answer[*entry, "id"]: answer[*entry, "reason"] for entry in entries}
    urls = {answer[*entry, "id"]: answer[*entry, "url"] for entry in entries}
    return {each: url if reasons[each] else f"reason: {reasons[each]!r}" for each, url in urls.items()}


def not_named(answer, about, expected):
    """Fail the step: a 502 does not name the failures."""
    because(
        saw=f"{about} {answer}",
        expected=f"in `detail.failed` an entry with a reason for each failure alone, here {json.dumps(expected)}",
        cause="a failure gets lost; or what was only stopped is named as failed.",
        look=STRICT,
    )
