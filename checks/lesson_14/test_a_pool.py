"""Lesson 14: connections to the database: how many, how long one waits for one, and what becomes of those that end."""

import random

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
TOKEN = "/api/auth/token"
KEYS = "/api/tokens/"
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""
FEW = {"POOL_SIZE": "3", "MAX_OVERFLOW": "2", "POOL_TIMEOUT": "60"}
ONE = {"POOL_SIZE": "1", "MAX_OVERFLOW": "0", "POOL_TIMEOUT": "0.25"}
POOL = "`open_database` in shelf/database.py, and 'So many, and no more' in the lesson."
FULL = "shelf/problems.py, and 'When all are out' in the lesson."
ENDED = "`open_database` in shelf/database.py, and 'Connections end' in the lesson."


def test_never_more_connections_than_configured(start_shelf, database, waiter):
    """Never more connections than POOL_SIZE and MAX_OVERFLOW allow, whatever comes at once; and none after the end."""
    shelf = start_shelf(env=FEW)
    caller = shelf.sign_up()
    database.wire.forget()
    held = shelf.hold_commits()
    saves = [caller.start("POST", BOOKMARKS, json=bookmark()) for _ in range(8)]
    busy = held.wait_for(5)
    lists = [caller.start("GET", BOOKMARKS) for _ in range(92)]
    held.release()
    assert busy, because(
        saw=f"POOL_SIZE is 3, MAX_OVERFLOW is 2, and eight bookmarks are being saved. Their COMMITs are held, and only"
        f" {database.wire.open} of five connections are in use.",
        expected="five saves at work: 3 connections that stay, and 2 more for the moment.",
        cause="the settings do not reach the pool; or a save takes a second connection while it keeps the first.",
        look=POOL,
    )
    answers = [pending.answer(60) for pending in saves + lists]
    assert database.wire.most <= 5, because(
        saw=f"POOL_SIZE is 3, MAX_OVERFLOW is 2. Under a hundred requests there were {database.wire.most} connections.",
        expected="five at most. The server has a number of them for all its clients, and each costs it memory.",
        cause="the settings do not reach the pool, so that it has its own limits; or there is more than one pool.",
        look=POOL,
    )
    for answer in answers:
        answer.expect(200, 201, about="One of a hundred requests at once, with POOL_TIMEOUT=60:", look=POOL)
    assert waiter.until(lambda: database.wire.open == 3, SOON), because(
        saw=f"POOL_SIZE is 3. When a hundred requests were over, {database.wire.open} connections stayed open.",
        expected="three: those are there for the next request, and MAX_OVERFLOW is for the moment.",
        cause=why_not_three(database.wire.open),
        look=POOL,
    )
    shelf.stop()
    assert waiter.until(lambda: database.wire.open == 0, SOON), because(
        saw=f"Shelf has shut down, and {database.wire.open} connections to the database are open.",
        expected="none: the server would keep them until it notices.",
        cause="nobody disposes of the engine, or of another one beside it.",
        look=POOL,
    )


def test_a_pool_that_is_used_up_is_a_503(start_shelf, waiter):
    """A pool that is used up is a 503 with Retry-After, after POOL_TIMEOUT; and over when it is over."""
    shelf = start_shelf(env=ONE)
    caller = shelf.sign_up()
    held = shelf.hold_commits()
    saving = caller.start("POST", BOOKMARKS, json=bookmark())
    assert held.wait_for(1), because(
        saw="A bookmark is saved, and it comes to no COMMIT, with POOL_SIZE=1 and MAX_OVERFLOW=0.",
        expected="one connection is enough for one request.",
        cause="a request takes a second connection while it keeps the first: it waits for itself.",
        look="shelf/dependencies.py and shelf/accounts/dependencies.py.",
    )
    form = {"username": caller.username, "password": caller.password}
    for pending in (caller.start("GET", BOOKMARKS), shelf.start("POST", TOKEN, data=form)):
        turned_away(pending.answer(10))
    held.release()
    saving.answer().expect(201, about="The request that had the only connection all the time:")
    for _ in range(3):
        found = caller.get(BOOKMARKS).expect(200, about="The only connection is free again.", cause=LOST, look=FULL)
        assert found["count"] == 1, because(
            saw=f"One bookmark was saved, and the list counts {found['count']}.",
            expected="one.",
            cause="what was turned away with a 503 has done something all the same; or the save was lost.",
            look=FULL,
        )
    assert waiter.until(lambda: shelf.connections_out() == 0, SOON), because(
        saw="Nobody asks for anything any more, and a connection is not back in the pool.",
        expected="all are back.",
        cause=LOST,
        look=POOL,
    )


def test_killed_connections_are_not_noticed(start_shelf, database):
    """Connections that were killed are replaced, and no caller notices; a server that is away for a moment is a 503."""
    shelf = start_shelf(env=FEW)
    caller = shelf.sign_up()
    key = caller.post(KEYS, json={"name": "a program"}).expect(201)["key"]
    by_key = {"Authorization": f"Token {key}"}
    for turn in range(3):
        held = shelf.hold_commits()
        saves = [caller.start("POST", BOOKMARKS, json=bookmark()) for _ in range(3)]
        held.wait_for(3)
        held.release()
        for save in saves:
            save.answer().expect(201, about="A bookmark is saved:")
        killed = database.wire.kill()
        about = f"{killed} connections in the pool were killed, as a restart of PostgreSQL or a firewall does. Then:"
        first = [caller.start("POST", BOOKMARKS, json=bookmark())] if turn else [caller.start("GET", BOOKMARKS)]
        more = [shelf.start("GET", BOOKMARKS, headers=by_key), caller.start("GET", "/api/tags/")]
        for pending in first + more:
            pending.answer().expect(200, 201, about=about, cause=STALE, look=ENDED)
    database.wire.refuse()
    database.wire.kill()
    turned_away(caller.get(BOOKMARKS), "The server takes no connections for a moment.", ENDED)
    database.wire.accept()
    caller.get(BOOKMARKS).expect(200, about="The server takes connections again.", cause=STALE, look=ENDED)


# What the steps share

LOST = "a connection was not given back, or is given back in a state in which nobody can use it."
STALE = (
    "the pool gives away a connection as it is, without a look whether it has ended meanwhile. The first to use it, a "
    "request, finds out."
)
OVERFLOWS = "POOL_SIZE and MAX_OVERFLOW are taken together as the size of the pool, or one for the other."


def turned_away(answer, about="The only connection is in use, and POOL_TIMEOUT is 0.25.", look=FULL):
    """Fail the step unless an answer says that Shelf is busy, and when to come again."""
    where = f"{answer.method} {answer.path}"
    assert answer.answered, because(
        saw=f"{about} {where} gets no answer.",
        expected="503 after a quarter of a second.",
        cause="POOL_TIMEOUT does not reach the pool, so that it waits for half a minute.",
        look=POOL,
    )
    assert answer.status == 503, because(
        saw=f"{about} {answer}",
        expected="503: Shelf cannot do it now, and can in a moment.",
        cause=why_no_503(answer.status),
        look=POOL if answer.status < 300 else look,
    )
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert kind == "application/problem+json", because(
        saw=f"{about} {where} answered 503 as {kind or 'nothing'}.",
        expected="a problem document, as for every other error.",
        cause="this answer is made in another place than all other errors.",
        look=look,
    )
    after = answer.headers.get("retry-after", "")
    assert after.isdigit() and int(after) in range(1, 301), because(  # noqa: PT018
        saw=f"{about} {where} answered 503 with Retry-After: {after or 'nothing'}.",
        expected="Retry-After, in whole seconds: 1 is good.",
        cause="nobody says when to come again, so that clients give up, or come again at once.",
        look=look,
    )
    told = [each for each in ("QueuePool", "sqlalche", "127.0.0.1") if each in answer.text]
    assert not told, because(
        saw=f"{about} {answer}",
        expected="a few words that say nothing of the inside.",
        cause=f"the text of the error is sent to the caller: `{told[0] if told else ''}` stands in it.",
        look=look,
    )


def why_no_503(status):
    """Why there is another status."""
    if status < 300:
        return "the pool has more connections than POOL_SIZE and MAX_OVERFLOW say."
    if status == 504:
        return "the error is taken for a page that was too slow."
    return "nobody answers SQLAlchemy's own TimeoutError, which is no TimeoutError of Python's."


def why_not_three(number):
    """Why other than POOL_SIZE connections stay."""
    return (
        "connections are made for a request and closed after it, so that each one waits for them."
        if (number < 3)
        else OVERFLOWS
    )


def bookmark():
    """A bookmark of a new URL."""
    return {"url": f"https://example.com/{random.randrange(16**12):012x}"}
