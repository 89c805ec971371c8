"""Lesson 05: many at once, in one process and in two."""

import random
import sqlite3
from contextlib import closing, contextmanager

import pytest

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
NEW_LINE = "\n"
TRIPS = 30
"""Requests that each service serves before it counts as one that will not come."""
EACH = "`get_session` in shelf/dependencies.py, and 'A session is one conversation' in the lesson."
SAVE = "`save` in shelf/bookmarks/repository.py, and 'The same URL, twice at once' in the lesson."


@pytest.mark.guard
def test_fifty_requests_at_once_share_no_session(start_shelf, web):
    """Fifty requests at once share no session, and the tasks of one request do not either."""
    shelf = start_shelf(must_run=False)
    watched = start_shelf(inside=add_a_route_that_tells_its_session, must_run=False)
    new = [{"url": f"https://example.com/{word()}", "title": word()} for _ in range(50)]
    answers = [pending.answer() for pending in [shelf.start("POST", BOOKMARKS, json=one) for one in new]]
    for answer in answers:
        answer.expect(201, about="Fifty bookmarks are saved at once.", look=EACH, **if_shared(shelf, "requests"))
    told = {answer["id"]: (answer["url"], answer["title"]) for answer in answers}
    kept = {one["id"]: (one["url"], one["title"]) for one in shelf.get(BOOKMARKS).expect(200)["results"]}
    sent = {(one["url"], one["title"]) for one in new}
    all_right = set(kept.values()) == sent and told == kept
    assert all_right, because(
        saw=f"Fifty bookmarks were saved at once. {len(set(told.values()) & sent)} came back right in the answers,"
        f" {len(set(kept.values()) & sent)} in the list.",
        expected="fifty in both.",
        cause="requests share one session: what one of them does, the commit or rollback of another one decides on.",
        look=EACH,
    )

    waiting = [watched.start("GET", "/session") for _ in range(5)]
    told = [pending.answer().expect(200) for pending in waiting]
    assert all(answer["together"] for answer in told), because(
        saw="Of five requests that came together, the route let in one after the other.",
        expected="five inside at the same moment, each with a session of its own.",
        cause="they queue up for one session, or one lock.",
        look=EACH,
    )
    sessions = [answer["session"] for answer in told]
    assert len(set(sessions)) == len(sessions), because(
        saw=f"Five requests that were inside at the same moment had {len(set(sessions))} sessions between them.",
        expected="five: a session is one conversation with the database.",
        cause="the session is made once and handed to everybody.",
        look=EACH,
    )

    pages = [web.page(f"Fresh {n}").hold() for n in range(5)]
    ids = [shelf.post(BOOKMARKS, json={"url": page.url}).expect(201)["id"] for page in pages]
    refresh = shelf.start("POST", REFRESH, json={"ids": ids})
    web.wait_for_visitors(5)
    for page in pages:
        page.release()
    about = "A refresh whose five pages arrive at the same moment."
    look = "shelf/bookmarks/refresh.py and shelf/bookmarks/renewal.py."
    answer = refresh.answer()
    answer.expect(200, about=about, look=look, **if_shared(shelf, "tasks of one request", not answer.answered))
    assert sorted(answer["refreshed"]) == sorted(ids), because(
        saw=f"{about} {answer}",
        expected=f"`refreshed`: {sorted(ids)}",
        cause="tasks that run side by side use one session.",
        look=look,
    )


@pytest.mark.sqlite
def test_the_same_url_at_the_same_moment_is_one_bookmark(start_shelf, database):
    """The same URL, saved twice at the same moment and in two processes, is one bookmark."""
    services = [start_shelf(must_run=False) for _ in range(2)]
    for service in services:
        service.must_run()
    for _ in range(3):
        new = {"url": f"https://example.com/{word()}"}
        sent = [new | {"title": word(), "notes": word()} for _ in range(4)]
        answers = at_the_same_moment(services, database, BOOKMARKS, sent)
        one_bookmark(services, new["url"], sent, answers)
    stays_whole(services)

    account = {"email": f"{word()}@example.com", "age": 40, "password": "correct horse battery"}
    sent = [account | {"username": word()} for _ in range(4)]
    statuses = sorted(str(answer.status) for answer in at_the_same_moment(services, database, ACCOUNTS, sent))
    assert statuses == ["201", "409", "409", "409"], because(
        saw=f"Four sign-ups with one email, at the same moment: {', '.join(statuses)}.",
        expected="201 once, and 409 for the others.",
        cause="the constraint is gone, or what it raises is not answered.",
        look="`add` in shelf/accounts/repository.py.",
    )


def one_bookmark(services, url, sent, answers):
    """Fail the step unless all of this became one bookmark."""
    about = "Two processes were asked to save one URL, twice each, at the same moment."
    for answer in answers:
        assert answer.status == 201, because(
            saw=f"{about} {answer}{error_of(services)}",
            expected="201 for each: the first one saves the bookmark, and the others change it, as if they came later.",
            cause=why(answer, services),
            look=SAVE,
        )
    for one, answer in zip(sent, answers, strict=True):
        assert answer["title"] == one["title"], because(
            saw=f"{about} One sent the title {one['title']!r} and was told {answer}",
            expected="the bookmark as it was sent: saving a URL again replaces what its bookmark says.",
            cause="where the URL is there already, nothing is changed, as with ON CONFLICT DO NOTHING.",
            look=SAVE,
        )
    found = [one for one in services[0].get(BOOKMARKS).expect(200)["results"] if one["url"] == url]
    assert len(found) == 1, because(
        saw=f"{about} Now there are {len(found)} bookmarks of it.",
        expected="one.",
        cause="each looked, found none and saved one. Only the database sees both: it needs a constraint.",
        look="shelf/bookmarks/models.py, and 'The same URL, twice at once' in the lesson.",
    )
    ids = {answer["id"] for answer in answers}
    assert ids == {found[0]["id"]}, because(
        saw=f"{about} The answers tell the ids {sorted(ids)}, and the bookmark has {found[0]['id']}.",
        expected="one id: a client keeps it and comes back with it.",
        cause="the row is thrown away and made anew, as INSERT OR REPLACE does.",
        look=SAVE,
    )
    whole = {(one["title"], one["notes"]) for one in sent}
    assert (found[0]["title"], found[0]["notes"]) in whole, because(
        saw=f"{about} The bookmark says {found[0]}",
        expected="what one of the four has sent, whole.",
        cause="the second one to come changes only a part of the bookmark, or nothing is changed at all.",
        look=SAVE,
    )


def stays_whole(services):
    """Fail the step unless a bookmark that is there becomes what one of two requests says, and not a mix of both."""
    names = random.sample(["title", "description", "notes"], 2)
    bookmark = {"url": f"https://example.com/{word()}"}
    services[0].post(BOOKMARKS, json=bookmark).expect(201)
    sent = [bookmark | {name: word()} for name in names]
    answers = while_changes_wait(services, sent)
    told = " and ".join(f"{name} {new[name]!r}" for name, new in zip(names, sent, strict=True))
    about = f"A URL has a bookmark. Two processes were asked to save it again at the same moment, with {told}."
    for answer in answers:
        assert answer.status == 201, because(
            saw=f"{about} {answer}{error_of(services)}",
            expected="201 for both: each changes the bookmark, one after the other.",
            cause=why(answer, services),
            look=SAVE,
        )
    results = services[0].get(BOOKMARKS).expect(200)["results"]
    kept = next({name: one[name] for name in names} for one in results if one["url"] == bookmark["url"])
    assert kept in [{name: one.get(name, "") for name in names} for one in sent], because(
        saw=f"{about} Both were answered 201. Now the bookmark says {kept}.",
        expected="what one of the two has sent, whole; what that one left out is empty.",
        cause="`save` looks before it has the lock. When it writes, its copy of the row is stale, and the ORM's UPDATE"
        " writes only what differs from that copy.",
        look=SAVE,
    )


# What the steps share


def while_changes_wait(services, sent):
    """Send one request to each service, and let nobody UPDATE a bookmark before all came to that; return the answers.

    Those who look without a lock all come to it. One who looks under the lock comes alone, and goes on after the
    services have had time for much else.
    """
    for service in services:
        service.ask(hold_changes)
    pending = [service.start("POST", BOOKMARKS, json=body) for service, body in zip(services, sent, strict=True)]
    waiting = lambda: sum(service.ask(changes_waiting) for service in services)  # noqa: E731
    done = lambda: all(one.done for one in pending)  # noqa: E731
    services[0].waiter.until(lambda: waiting() > 0 or done())
    for _ in range(TRIPS):
        for service in services:
            service.get("/health").expect(200)
        if waiting() == len(sent) or done():
            break
    for service in services:
        service.ask(release_changes)
    return [one.answer() for one in pending]


def at_the_same_moment(services, database, path, sent):
    """Send these requests, by turns to each service, while the database lets nobody write; return the answers.

    So each has looked before any of them writes.
    """
    for service in services:
        service.get(BOOKMARKS).expect(200)  # whatever a service does only once, it has done
    with locked(database):
        pending = [services[n % 2].start("POST", path, json=body) for n, body in enumerate(sent)]
        for service in services:
            service.waiter.until(lambda service=service: service.connections_out() >= len(sent) / 2, seconds=1)
            for _ in range(5):  # by now each has a connection; a few round trips later it has looked
                service.get("/health").expect(200)
    return [one.answer() for one in pending]


@contextmanager
def locked(database):
    """Keep others from writing: SQLite has one writer at a time."""
    with closing(sqlite3.connect(database.path, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def error_of(services):
    """The last error that a service has met, as a sentence."""
    errors = [error for service in services for error in service.seen.errors]
    return f" ({errors[-1]['type']}: {errors[-1]['text'].partition(NEW_LINE)[0]})" if errors else ""


def if_shared(shelf, whose, certain=False):
    """The words for a session that several use at once, if that is what an error is about."""
    signs = ("session", "concurrent", "flushing")
    shared = certain or any(sign in error_of([shelf]).lower() for sign in signs)
    return {"cause": f"{whose} use one session at the same moment."} if shared else {}


def why(answer, services):
    """The likely cause, from what the services have met."""
    error = error_of(services)
    if "PendingRollback" in error or "closed transaction" in error:
        return (
            "a failed INSERT spoils the session's whole transaction, unless it was tried on a savepoint."
            " `session.rollback()` does not help: it ends the block of `sessions.begin()` too."
        )
    if "UNIQUE" in error:
        return "between the look and the INSERT another one saved the URL. The constraint said so, and nobody listened."
    if "locked" in error:
        return "a transaction that has read before it writes cannot go on when another one has written meanwhile."
    if answer.status == 409:
        return "the constraint is heard, but saving a URL that is there is no conflict: it changes that bookmark."
    return "the request cannot cope with another one that saves the same URL."


def word():
    return f"{random.randrange(16**8):08x}"


def hold_changes():
    """Runs inside the service: from now on, whoever comes to the UPDATE of a bookmark waits."""
    import asyncio

    from sqlalchemy import Engine, event
    from sqlalchemy.util import concurrency

    from shelf.main import app

    held = app.state.held = {"on": True, "waiting": 0}

    async def wait():
        held["waiting"] += 1
        while held["on"]:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)

    @event.listens_for(Engine, "before_cursor_execute")
    def on_statement(connection, cursor, statement, *_):
        if held["on"] and statement.upper().startswith("UPDATE BOOKMARKS") and concurrency.in_greenlet():
            concurrency.await_only(wait())


def changes_waiting():
    """Runs inside the service."""
    from shelf.main import app

    return app.state.held["waiting"]


def release_changes():
    """Runs inside the service."""
    from shelf.main import app

    app.state.held["on"] = False


def add_a_route_that_tells_its_session():
    """Runs inside the service: the route lets its visitors go when five are inside."""
    import asyncio

    from shelf.dependencies import SessionDep
    from shelf.main import app

    inside = []
    five = asyncio.Event()

    @app.get("/session")
    async def tell(session: SessionDep):
        inside.append(session)
        if len(inside) == 5:
            five.set()
        try:
            async with asyncio.timeout(5):
                await five.wait()
        except TimeoutError:
            five.set()
        return {"session": str(id(session.sync_session)), "together": len(inside) == 5}
