"""Lesson 05: what an answer promises is done, and what failed has never been."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""
TRIPS = 6
"""Requests that are served meanwhile. An answer that does not wait for its commit is there before theirs."""
MOMENT = 0.05
"""Seconds for an answer that has come already."""
SCOPE = "`SessionDep` in shelf/dependencies.py, and 'An answer is a promise' in the lesson."
SESSION = "`get_session` in shelf/dependencies.py, and 'All or nothing' in the lesson."
ROLLBACK = "`get_session` in shelf/dependencies.py, and 'Closing a session undoes ...' near the end of the lesson."
RENEW = "`renew` in shelf/bookmarks/renewal.py, and 'All or nothing' in the lesson."


def test_when_the_answer_arrives_the_row_is_there(shelf, web):
    """When an answer arrives, what it tells is in the database."""
    for change in changes(shelf, web):
        held = shelf.hold_commits()
        answer = change.make()
        committing = held.wait_for(1)
        for _ in range(TRIPS):
            shelf.get("/health").expect(200)
        early = answer.answer(MOMENT)
        held.release()
        assert committing, never_committed(change, early)
        assert not early.answered, because(
            saw=f"{change} was answered {early.status} while its COMMIT had not happened yet.",
            expected="the commit first, then the answer: whoever reads it may count on the row.",
            cause="code behind a `yield` runs after the answer was sent, unless the dependency has another scope; or"
            " nobody awaits the commit.",
            look=SCOPE,
        )
        answer.answer().expect(change.status)
        assert change.happened(), because(
            saw=f"{change} was answered {change.status}, and a GET right after it does not show that.",
            expected="what the answer told.",
            cause="what a part of the request has done is not in the transaction that is committed before the answer.",
            look=SCOPE,
        )


def test_a_commit_that_fails_is_never_a_success(shelf, web):
    """A COMMIT that fails is never answered with success, and spoils nothing that comes after it."""
    for number, change in enumerate(changes(shelf, web), start=1):
        shelf.fail_commits(1)
        answer = change.make().answer()
        has_failed = shelf.waiter.until(lambda number=number: shelf.commits_failed() >= number, SOON)
        assert has_failed, never_committed(change, answer)
        assert answer.status != change.status, because(
            saw=f"The COMMIT of {change} failed, and {answer}",
            expected="500: nothing was saved.",
            cause="the answer is sent before the commit; or an error of the commit is caught and forgotten.",
            look=SCOPE,
        )
        answer.expect(*range(500, 600), about=f"The COMMIT of {change} failed.", expected="500: nothing was saved.")
        shelf.post(BOOKMARKS, json={"url": url()}).expect(
            201,
            about="A COMMIT has failed. The next bookmark:",
            cause="a session whose commit failed was not rolled back, and its connection is still in that transaction.",
            look=ROLLBACK,
        )
        assert not change.happened(), because(
            saw=f"The COMMIT of {change} failed, the answer was {answer.status}; now that change is there.",
            expected="what was answered with an error has not happened.",
            cause="nobody rolled the transaction back, so the next request committed it with its own.",
            look=ROLLBACK,
        )


@pytest.mark.sqlite
def test_a_failed_request_leaves_nothing_behind(start_shelf, web, database, waiter):
    """A request that fails leaves nothing behind, however far it got."""
    shelf = start_shelf(inside=add_routes_that_fail)
    database.execute("CREATE TABLE ledger (note TEXT)")
    pages = [web.page(f"Page {n}") for n in range(5)]
    ids = [save(shelf, page.url) for page in pages]
    settled(shelf, waiter)
    for index in (0, -1):
        database.execute(poison(pages[index].url))
        answer = shelf.post(REFRESH, json={"ids": ids})
        about = "A refresh of five bookmarks; the database refuses the change of one of them."
        answer.expect(*range(500, 600), about=about, expected="500, and nothing kept.", look=RENEW)
        settled(shelf, waiter)
        kept = [one["website_title"] for one in shelf.get(BOOKMARKS).expect(200)["results"]]
        assert not any(kept), because(
            saw=f"{about} It answered {answer.status}, and {len(kept) - kept.count(None)} of the others are changed.",
            expected="no bookmark changed: after an error, nothing is.",
            cause="each bookmark is committed by itself, before anybody knows whether the next one succeeds.",
            look=RENEW,
        )
        database.execute("DROP TRIGGER poison")

    for how, status in {"refused": 409, "crashed": 500}.items():
        answer = shelf.post(f"/ledger/{how}").expect(status)
        settled(shelf, waiter)
        assert not database.rows("SELECT note FROM ledger"), because(
            saw=f"A route wrote a row through its `SessionDep` and then {how}: {answer.status}. The row is there.",
            expected="no row: what a request did before it failed is undone.",
            cause="the session is committed in `finally`, or after `except`, whatever has happened.",
            look=SESSION,
        )


def test_no_connection_stays_out_after_errors(start_shelf, web, waiter):
    """After errors of every kind, every connection is back in its pool."""
    shelf = start_shelf(inside=add_routes_that_fail, env={"REFRESH_SECONDS": "0.5"})
    shelf.ask(collect_no_garbage)
    slow, taken = web.page("Slow").hold(), url()
    known, _, page = (save(shelf, address) for address in (url(), taken, slow.url))
    settled(shelf, waiter)
    errors = [
        ("GET of a bookmark that is not there", 404, "GET", f"{BOOKMARKS}{page + 1000}/", None),
        ("PATCH to a URL that another bookmark has", 409, "PATCH", f"{BOOKMARKS}{known}/", {"url": taken}),
        ("POST of a bad URL", 422, "POST", BOOKMARKS, {"url": "nowhere"}),
        ("route that breaks while it uses its session", 500, "POST", "/broken", None),
        (
            "strict refresh of a bookmark that is not there",
            502,
            "POST",
            REFRESH,
            {"ids": [known, 10**6], "strict": True},
        ),
        ("refresh that takes too long", 504, "POST", REFRESH, {"ids": [page]}),
    ]
    for what, status, method, path, body in errors:
        for _ in range(2):
            shelf.request(method, path, json=body).expect(status)
        everything_is_back(shelf, waiter, f"a {what}, twice: {status}")

    leaving = shelf.start("POST", REFRESH, json={"ids": [page]})
    slow.wait_for_visitors(1)
    leaving.hang_up()
    everything_is_back(shelf, waiter, "a refresh whose caller has hung up")


# What changes something


@dataclass
class Change:
    """A request that changes something, how it is made, and how to see whether it happened."""

    name: str
    status: int
    make: Callable[[], Any]
    happened: Callable[[], bool]

    def __str__(self):
        return self.name


def changes(shelf, web):
    """Yield a change of each kind, each right before it is to be made."""
    address = url()
    yield change(shelf, "POST", BOOKMARKS, 201, {"url": address}, lambda: address in listed(shelf, "url"))
    for method in ("PUT", "PATCH"):
        title = word()
        body = {"url": url(), "title": title} if method == "PUT" else {"title": title}
        path = f"{BOOKMARKS}{save(shelf, url())}/"
        yield change(shelf, method, path, 200, body, lambda title=title: title in listed(shelf, "title"))
    gone = save(shelf, url())
    yield change(shelf, "DELETE", f"{BOOKMARKS}{gone}/", 204, None, lambda: gone not in listed(shelf, "id"))
    account = {"email": f"{word()}@example.com", "username": word(), "age": 40, "password": "correct horse battery"}
    again = lambda: shelf.post(ACCOUNTS, json=account).expect(201, 409).status == 409  # noqa: E731
    yield change(shelf, "POST", ACCOUNTS, 201, account, again)
    yield refresh(shelf, web)


def change(shelf, method, path, status, body, happened):
    return Change(f"{method} {path}", status, lambda: shelf.start(method, path, json=body), happened)


def refresh(shelf, web):
    """A refresh whose page has been visited and has not answered yet: what is left is to keep what the page says."""
    page = web.page(f"Fresh {word()}").hold()
    pending = shelf.start("POST", REFRESH, json={"ids": [save(shelf, page.url)]})
    page.wait_for_visitors(1)

    def make():
        page.release()
        return pending

    title = page.body.content.decode().partition("<title>")[2].partition("<")[0]
    return Change(f"POST {REFRESH}", 200, make, lambda: title in listed(shelf, "website_title"))


# What the steps share


def save(shelf, address):
    """Save a bookmark and return its id."""
    return shelf.post(BOOKMARKS, json={"url": address}).expect(201)["id"]


def listed(shelf, name):
    """What all bookmarks have for `name`."""
    return [one[name] for one in shelf.get(BOOKMARKS).expect(200)["results"]]


def url():
    return f"https://example.com/{word()}"


def word():
    return f"{random.randrange(16**8):08x}"


def settled(shelf, waiter):
    """Wait until the service has done with what was asked of it, be it after the answer; whether it comes to that."""
    return waiter.until(lambda: shelf.connections_out() == 0, SOON)


def poison(address):
    """A trigger that lets the change of one bookmark fail, with an error that is no broken constraint."""
    fails = "SELECT abs(-9223372036854775808)"
    return f"CREATE TRIGGER poison BEFORE UPDATE ON bookmarks WHEN OLD.url = '{address}' BEGIN {fails}; END"


def never_committed(change, answer):
    """Fail the step: no COMMIT came."""
    answer.expect(change.status)
    because(
        saw=f"{change} was answered {answer.status}, and no COMMIT was sent.",
        expected="a commit: without it, everything is undone when the session is closed.",
        cause="nobody commits the session that this request has written with.",
        look=RENEW if REFRESH in change.name else SESSION,
    )


def everything_is_back(shelf, waiter, what):
    """Fail the step unless all connections are back in their pool."""
    assert settled(shelf, waiter), because(
        saw=f"After {what}. Connections that are out of their pool and do not come back: {shelf.connections_out()}.",
        expected="none: each is returned when its request ends, however that ends.",
        cause="an error leaves a function at the `yield`, or in the middle, and the `close` below it does not run.",
        look="`get_session` in shelf/dependencies.py, and 'A session is returned' in the lesson.",
    )


def add_routes_that_fail():
    """Runs inside the service."""
    from fastapi import HTTPException
    from sqlalchemy import text

    from shelf.dependencies import SessionDep
    from shelf.main import app

    @app.post("/ledger/{how}")
    async def write(how: str, session: SessionDep):
        await session.execute(text("INSERT INTO ledger (note) VALUES ('unpaid')"))
        if how == "refused":
            raise HTTPException(409, detail="refused")
        raise RuntimeError("crashed on purpose, by the check")

    @app.post("/broken")
    async def broken(session: SessionDep):
        await session.execute(text("SELECT 1"))
        raise RuntimeError("broken on purpose, by the check")


def collect_no_garbage():
    """Runs inside the service: what nobody closes stays open, and does not go away by chance."""
    import gc

    gc.disable()
