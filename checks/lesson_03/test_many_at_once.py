"""Lesson 03: many pages at once, and each fails on its own account."""

import json
import random
import time

import pytest

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
PATIENT = {"PAGE_SECONDS": "60", "REFRESH_SECONDS": "120"}
"""Limits that no step comes near: what keeps a page waiting is a gate, not a clock."""
GUARD = 5.0
PLACES = "`_fetch_all` in shelf/refresh.py, and 'Five places' in the lesson."
PROMISES = "`_fetch_all` in shelf/refresh.py, and 'What Shelf promises' in the lesson."


@pytest.mark.guard
def test_a_refresh_keeps_what_the_pages_say(shelf, web):
    """A refresh keeps what the pages say now."""
    tea = bookmark(shelf, web.page("Tea", description="Leaves, boiled.").url)
    jam = bookmark(shelf, web.page("Jam").url, title="Mine")
    missing = max(tea, jam) + random.randint(1, 1000)
    answer = shelf.post(REFRESH, json={"ids": [missing, tea, jam, tea]})
    tells(answer, "Two bookmarks, one of them twice, and one that is not there.", {tea, jam}, {missing: None})
    tells(shelf.post(REFRESH, json={}), "No ids, so all bookmarks.", {tea, jam}, {})
    tells(shelf.post(REFRESH, json={"ids": []}), "An empty list of ids, so no bookmark.", set(), {})
    kept = {
        tea: {"title": "Tea", "description": "Leaves, boiled.", "website_description": "Leaves, boiled."},
        jam: {"title": "Mine", "description": "", "website_title": "Jam", "website_description": None},
    }
    for bookmark_id, expected in kept.items():
        answer = shelf.get(f"{BOOKMARKS}{bookmark_id}/").expect(200)
        assert {name: answer[name] for name in expected} == expected, because(
            saw=f"After a refresh {answer}",
            expected=json.dumps(expected),
            cause="this worked when the lesson began, so a change of yours has lost it.",
            look="`refresh` in shelf/refresh.py, which hands the pages to `renew`.",
        )


def test_five_pages_at_a_time(start_shelf, web):
    """Pages are fetched together, five at a time, never six."""
    shelf = start_shelf(env=PATIENT)
    pages = put_up(shelf, web, 13)
    refresh = start_refresh(shelf, pages)
    inside_are(5, shelf, web, [refresh], "13 bookmarks are to be refreshed, and no page has answered yet.")

    random.choice([page for page in pages.values() if page.inside]).release()
    web.waiter.until(lambda: web.visits > 5 or refresh.done, GUARD)
    assert web.visits > 5 or refresh.done, because(
        saw=f"Five pages were being fetched, one of them has answered, and no sixth was asked for.{shelf.standstill}",
        expected="the next page at once: a place is free.",
        cause="the pages go in groups of five, and a group waits for the slowest of its pages.",
        look=PLACES,
    )
    inside_are(5, shelf, web, [refresh], "One of 13 pages has answered, so the next one may take its place.")
    let_go(pages)
    tells(refresh.answer(), "13 pages, all good.", set(pages), {})
    assert web.most_inside == 5, because(
        saw=f"In the course of a refresh {web.most_inside} pages were being fetched at the same time.",
        expected="5, never more.",
        cause=why(web.most_inside, 5),
        look=PLACES,
    )
    two_at_once(start_shelf, web)


def two_at_once(start_shelf, web):
    """Two refreshes at the same time have as many places each as the environment says."""
    at_once = random.choice([2, 3, 4, 6, 7])
    shelf = start_shelf(env=PATIENT | {"REFRESH_AT_ONCE": str(at_once)})
    several = [put_up(shelf, web, 11), put_up(shelf, web, 11)]
    refreshes = [start_refresh(shelf, pages) for pages in several]
    about = f"REFRESH_AT_ONCE is {at_once}. Two refreshes are under way, and no page has answered yet."
    causes = {
        at_once: "all refreshes share one limit, so a caller with slow pages holds up everybody else's refresh.",
        10: "the number stands in the code, and REFRESH_AT_ONCE does not count.",
    }
    inside_are(2 * at_once, shelf, web, refreshes, about, causes)
    for refresh, pages in zip(refreshes, several, strict=True):
        let_go(pages)
        tells(refresh.answer(), "Two refreshes at the same time, all pages good.", set(pages), {})


def test_a_pages_time_starts_with_its_turn(start_shelf, web):
    """A page's own time limit starts when its turn comes."""
    for seconds in (1, 5):  # where a machine is too busy for the short limit, the long one decides
        shelf = start_shelf(env={"PAGE_SECONDS": str(seconds), "REFRESH_SECONDS": "60"})
        slow = put_up(shelf, web, 15)
        refresh = start_refresh(shelf, slow)
        web.waiter.until(lambda pages=slow, refresh=refresh: visits(pages) >= 5 or refresh.done, GUARD)
        quick = {each: slow.pop(each) for each in list(slow) if not slow[each].visits}
        web.waiter.until(lambda pages=quick, refresh=refresh: visits(pages) or refresh.done, seconds + GUARD)
        time.sleep(seconds / 5)  # good pages take a while, too: a time that ran before their turn is over by now
        let_go(quick)
        answer = refresh.answer()
        if answer.status != 200 or set(refreshed_in(answer)) == set(quick):
            break
    about = f"PAGE_SECONDS is {seconds}. Of 15 pages {len(slow)} never let a visitor go, the others are good."
    if not answer.answered and not shelf.gone and not shelf.seen.stuck:
        because(
            saw=f"{about} The refresh has not answered after three times that long.",
            expected="a page that takes longer than PAGE_SECONDS fails, and the next one has its turn.",
            cause="nothing ends the wait for a page; or what is told to give up goes on.",
            look=PROMISES,
        )
    answer.expect(200, about=about, look=TURN)
    late = set(quick) - set(refreshed_in(answer))
    assert not late, because(
        saw=f"{about} Of those {len(late)} have failed as well: {answer}",
        expected="only the pages that never answer fail.",
        cause="a page's time runs while it waits for its turn: the limit stands around the waiting and the fetching.",
        look=TURN,
    )
    tells(answer, about, set(quick), {each: page.url for each, page in slow.items()})


TURN = "`_fetch_all` in shelf/refresh.py, and 'Whose time is it?' in the lesson."


def test_a_broken_page_costs_only_itself(start_shelf, web):
    """A broken page costs only itself, and is named with its reason."""
    shelf = start_shelf(env=PATIENT)
    good = {bookmark(shelf, web.page(f"Page {n}").url) for n in range(12)}
    urls = [
        web.page("Missing", status=404).url,
        web.page(body=b"\x89PNG", content_type="image/png").url,
        web.broken().url,
        web.refused(),
    ]
    broken = {bookmark(shelf, url): url for url in urls}
    ids = random.sample([*good, *broken], len(good) + len(broken))
    answer = shelf.post(REFRESH, json={"ids": ids})
    about = "12 pages are good, 4 are not: one is missing, one is a picture, one breaks off, one refuses."
    cause = "the error of one page leaves the task that fetched it, and ends the refresh for all."
    answer.expect(200, about=about, look=PROMISES, **({"cause": cause} if answer.status == 502 else {}))
    tells(answer, about, good, broken)
    reasons = {failure["url"]: failure["reason"] for failure in failed_in(answer)}
    assert reasons[urls[0]] != reasons[urls[1]], because(
        saw=f"One page is missing, another is a picture, and both fail for this reason: {reasons[urls[0]]!r}",
        expected="the reason of each page: what is wrong with it.",
        cause="the reason is the same for all; what the PageError says is not told.",
        look=PROMISES,
    )


# What the steps share


def bookmark(shelf, url, **more):
    """Save a bookmark and return its id."""
    return shelf.post(BOOKMARKS, json={"url": url} | more).expect(201)["id"]


def put_up(shelf, web, number):
    """Put up pages that keep their visitors waiting, save a bookmark for each, and return them by bookmark id."""
    pages = [web.page(f"Page {n}").hold() for n in range(number)]
    return {bookmark(shelf, page.url): page for page in pages}


def let_go(pages):
    """Let these pages answer."""
    for page in pages.values():
        page.release()


def start_refresh(shelf, pages):
    return shelf.start("POST", REFRESH, json={"ids": random.sample(sorted(pages), len(pages))})


def visits(pages):
    return sum(page.visits for page in pages.values())


def inside_are(number, shelf, web, refreshes, about, causes=None):
    """Fail the step unless so many pages are being fetched, and no further one comes while others are served."""
    web.waiter.until(lambda: web.inside >= number or any(refresh.done for refresh in refreshes), GUARD)
    for refresh in refreshes:
        if refresh.done:
            refresh.answer().expect(200, about=about)
    for _ in range(10):
        shelf.get("/health").expect(200)
    assert web.inside == number, because(
        saw=f"{about} Of their pages {web.inside} {'is' if web.inside == 1 else 'are'} being fetched.",
        expected=f"{number} at the same time.",
        cause=(causes or {}).get(web.inside) or why(web.inside, number),
        look=PLACES,
    )


def why(found, expected):
    """What keeps the number of pages that are fetched at once from being as expected."""
    if found > expected:
        return (
            "nothing holds a page back: there is no limit, or each page has one of its own, or it is let go too soon."
        )
    if found == 1:
        return "the pages take turns one by one: all wait for the same lock, or each is awaited before the next begins."
    return "something lets fewer in: a limit with another number, or a page that is done keeps its place."


def tells(answer, about, refreshed, failed):
    """Fail the step unless the answer names these bookmarks, and those that failed, by id, with their URL and why."""
    answer.expect(200, about=about)
    named, failures = refreshed_in(answer), failed_in(answer)
    urls = {failure["id"]: failure["url"] for failure in failures}
    right = sorted(named) == sorted(refreshed) and urls == failed and len(failures) == len(failed)
    assert right, because(
        saw=f"{about} {answer}",
        expected=f"`refreshed`: {sorted(refreshed)}, and in `failed` these ids and URLs: {json.dumps(failed)}",
        cause="a bookmark is lost on the way, or named twice, or in the wrong list.",
        look=PROMISES,
    )
    without = [failure["id"] for failure in failures if not str(failure["reason"] or "").strip()]
    assert not without, because(
        saw=f"{about} These bookmarks failed without a reason: {without}. {answer}",
        expected="in `reason`, what is wrong with the page.",
        cause="`str(error)` is empty for some errors, TimeoutError among them.",
        look=PROMISES,
    )


def refreshed_in(answer):
    """The ids of the bookmarks that a 200 says are refreshed."""
    number = len(answer["refreshed"]) if isinstance(answer["refreshed"], list) else 1
    ids = [answer["refreshed", n] for n in range(number)]
    assert all(type(each) is int for each in ids), because(
        saw=f"{answer}",
        expected="a list of ids as `refreshed`.",
        cause="whole bookmarks, or texts, stand in the list.",
        look=PROMISES,
    )
    return ids


def failed_in(answer):
    """The failures that a 200 names; the step fails where a part of one is missing."""
    number = len(answer["failed"]) if isinstance(answer["failed"], list) else 1
    return [{name: answer["failed", n, name] for name in ("id", "url", "reason")} for n in range(number)]
