"""Lesson 14: what Shelf says about itself."""

import random
import re

from prometheus_client.parser import text_string_to_metric_families

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
READY = "/health/ready"
METRICS = "/metrics"
SECRET = "a token that somebody has made up for this step"
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""
HEALTH = "`ready` in shelf/health.py, and 'Up, and ready' in the lesson."
TOLD = "shelf/metrics.py, and 'Numbers' in the lesson."
OPEN = "`metrics` in shelf/metrics.py, and 'Who may see them' in the lesson."
TEMPLATE = re.compile(r"/api/bookmarks/\{[^/]+\}/")


def test_ready_says_which_dependency_is_down(start_shelf, database, redis, waiter):
    """/health/ready says which dependency is down: without its database Shelf is not ready, without Redis it is."""
    shelf = start_shelf(env={"POOL_SIZE": "1", "MAX_OVERFLOW": "0", "REDIS_SECONDS": "1"})
    caller = shelf.sign_up()
    is_ready(shelf, "All is well.", "up", "up")
    redis.die()
    is_ready(shelf, "Redis refuses connections.", "up", "down")
    redis.come_back()
    database.wire.refuse()
    database.wire.kill()
    is_not_ready(shelf, "The database refuses connections.")
    database.wire.accept()
    is_ready(shelf, "The database is there again.", "up", "up")
    database.wire.pause()
    is_not_ready(shelf, "The database does not answer any more; its connections are open.")
    database.wire.resume()
    came_back = waiter.until(lambda: shelf.get(READY).status == 200, SOON)
    assert came_back, because(
        saw=f"The database answers again. {shelf.get(READY)}",
        expected="200, without a restart.",
        cause="the connection that got no answer is used on, or was never given back.",
        look=HEALTH,
    )
    held = shelf.hold_commits()
    saving = caller.start("POST", BOOKMARKS, json=bookmark())
    held.wait_for(1)
    about = "The only connection is in use; the database is well."
    pending = shelf.start("GET", READY)
    waiter.until(lambda: pending.done, SOON)
    held.release()
    is_ready(shelf, about, "busy", "up", pending.answer())
    saving.answer().expect(201)


def test_metrics_show_the_pool_and_the_latency(start_shelf, waiter):
    """/metrics shows connections and latencies by route template, of each app its own, to whoever has the token."""
    shelf = start_shelf(
        environments=[
            {"METRICS_TOKEN": SECRET, "POOL_SIZE": "2", "MAX_OVERFLOW": "1"},
            {"METRICS_TOKEN": SECRET[::-1]},
            {"METRICS_TOKEN": ""},
        ]
    )
    caller = shelf.sign_up()
    is_closed(shelf, caller)
    ids = [caller.post(BOOKMARKS, json=bookmark()).expect(201)["id"] for _ in range(3)]
    missing, unknown = random.randrange(10**6, 10**9), f"x{random.randrange(16**8):08x}"
    for number in ids:
        caller.get(f"{BOOKMARKS}{number}/").expect(200)
    caller.get(f"{BOOKMARKS}{missing}/").expect(404)
    shelf.get(f"/{unknown}").expect(404)
    for app, times in ((0, 3), (1, 0)):
        waiter.until(lambda: requests(shelf, app, "200") == times, SOON)  # noqa: B023 - a request is counted when it is over
        found = requests(shelf, app, "200")
        assert found == times, because(
            saw=f"{('This app', 'Another app in the same process')[app]} was asked for {times} bookmarks that are "
            "there; shelf_request_seconds_count with method GET, the route's template and status 200 says "
            f"{found:g}.",
            expected=f"{times}.",
            cause="requests are not measured, or under other labels, or in a registry that apps share.",
            look=TOLD,
        )
    assert requests(shelf, 0, "404") == 1, because(
        saw="One bookmark was asked for that is not there; shelf_request_seconds_count with status 404 does not say 1.",
        expected="1, with the template of the route.",
        cause="errors are not counted: they come as exceptions, or the status is not looked at.",
        look=TOLD,
    )
    seconds = value(shelf, 0, "shelf_request_seconds_sum", status="200", method="GET", route=TEMPLATE)
    assert seconds > 0, because(
        saw=f"shelf_request_seconds_sum says {seconds:g} for three requests.",
        expected="the seconds that they took together.",
        cause="what is observed is not the time between a request and its answer.",
        look=TOLD,
    )
    text = told(shelf, 0).text
    for each in (unknown, f"/{missing}/", f"{BOOKMARKS}{ids[0]}/"):
        assert each not in text, because(
            saw=f"What somebody has asked for stands in the metrics: {each}",
            expected="templates such as /api/bookmarks/{bookmark_id}/, and one word for all paths that no route has.",
            cause="the path is used as a label. Each new value is a new row, for ever: callers could fill the memory.",
            look=TOLD,
        )
    shows_the_pool(shelf, caller, waiter)


# What the steps share


def is_ready(shelf, about, database, redis, answer=None):
    """Fail the step unless Shelf is ready, and says so of these two."""
    answer = answer or shelf.get(READY)
    answer.expect(200, about=about, cause=why_not_ready(database, redis), look=HEALTH)
    found = {name: answer[name] for name in ("status", "database", "redis")}
    assert found == {"status": "ready", "database": database, "redis": redis}, because(
        saw=f"{about} {answer}",
        expected=f'{{"status": "ready", "database": "{database}", "redis": "{redis}"}}',
        cause="nobody is asked, or an answer is kept from before.",
        look=HEALTH,
    )
    alive(shelf, about)


def why_not_ready(database, redis):
    """Why Shelf may be taken for not ready, although it is."""
    if database == "busy":
        return "the question waits for a connection like a request, and the wait is taken for a database that is down."
    if redis == "down":
        return "Redis is taken for as important as the database. Without it, Shelf is only slower."
    return "the route failed, or a fault is remembered that is over."


def is_not_ready(shelf, about):
    """Fail the step unless Shelf says that it cannot work without its database."""
    answer = shelf.start("GET", READY).answer(10)
    assert answer.answered, because(
        saw=f"{about} GET {READY} gets no answer within ten seconds.",
        expected="503 within two seconds: who asks will not wait longer.",
        cause="the question to the database has no limit of time.",
        look=HEALTH,
    )
    answer.expect(503, about=about, cause="nobody asks the database, or its error gets through.", look=HEALTH)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    found = (kind, answer["database"], answer["redis"])
    assert found == ("application/problem+json", "down", "up"), because(
        saw=f"{about} {answer}",
        expected='a problem document with "database": "down" and "redis": "up".',
        cause="it does not say which dependency is down.",
        look=HEALTH,
    )
    alive(shelf, about)


def alive(shelf, about):
    """Fail the step unless the process says that it is up."""
    shelf.get("/health").expect(
        200,
        about=about,
        cause="/health asks a dependency. Who watches over processes would start Shelf anew, and that mends nothing.",
        look=HEALTH,
    )


def is_closed(shelf, caller):
    """Fail the step unless only the token opens the metrics."""
    others = {
        "Without a token": {},
        "With another token": {"Authorization": "Bearer guessed"},
        "With the token of an account": caller.headers,
        "With the token of another app": {"Authorization": f"Bearer {SECRET[::-1]}"},
        "With an accent in the header": {"Authorization": "Bearer caf\xe9".encode("latin-1")},
    }
    for about, headers in others.items():
        answer = shelf.get(METRICS, headers=headers)
        answer.expect(
            401, about=f"{about}:", cause="everybody sees them, or more than the one token counts.", look=OPEN
        )
        assert answer.headers.get("www-authenticate"), because(
            saw=f"{about}: 401 without WWW-Authenticate.",
            expected="the header that says how to come in.",
            cause="the answer is made in another place than all other errors.",
            look=OPEN,
        )
    shelf.get(METRICS, app=2, headers={"Authorization": "Bearer None"}).expect(
        404,
        about="METRICS_TOKEN is empty:",
        cause="an empty token opens the metrics, or there is nothing to ask for.",
        look=OPEN,
    )


def shows_the_pool(shelf, caller, waiter):
    """Fail the step unless the gauges follow the connections; also when none is left."""
    held = shelf.hold_commits()
    for out in (1, 2, 3):
        saving = caller.start("POST", BOOKMARKS, json=bookmark())
        held.wait_for(out)
        pool_is(shelf, waiter, out, f"{out} of 3 connections are in use")
    held.release()
    saving.answer().expect(201)
    pool_is(shelf, waiter, 0, "All connections are back")
    limit = value(shelf, 0, "shelf_pool_limit")
    free = value(shelf, 0, "shelf_pool_connections", state="free")
    assert (limit, free) == (3, 2), because(
        saw=f"POOL_SIZE is 2, MAX_OVERFLOW is 1; all are back. shelf_pool_limit is {limit:g}, and"
        f' shelf_pool_connections{{state="free"}} is {free:g}.',
        expected="3, and 2.",
        cause="the limit is the two together; free are those that wait in the pool.",
        look=TOLD,
    )


def pool_is(shelf, waiter, out, about):
    """Fail the step unless the gauge of connections that are out comes to this number."""
    waiter.until(lambda: value(shelf, 0, "shelf_pool_connections", state="out") == out, SOON)
    found = value(shelf, 0, "shelf_pool_connections", state="out")
    assert found == out, because(
        saw=f'{about}, and shelf_pool_connections{{state="out"}} says {found:g}.',
        expected=f"{out}.",
        cause="the number is not asked for anew each time, or comes from another pool.",
        look=TOLD,
    )


def told(shelf, app):
    """The metrics of an app."""
    token = (SECRET, SECRET[::-1])[app]
    pending = shelf.start("GET", METRICS, app=app, headers={"Authorization": f"Bearer {token}"})
    answer = pending.answer()
    assert answer.answered, because(
        saw="GET /metrics with its token gets no answer while all connections are in use.",
        expected="an answer: when the pool is used up, one looks at the metrics.",
        cause="the route needs a connection to the database, perhaps to know who is asking.",
        look=OPEN,
    )
    return answer.expect(200, about="With its token:", look=OPEN)


def requests(shelf, app, status):
    """How many requests for a bookmark were counted with this status."""
    return value(shelf, app, "shelf_request_seconds_count", status=status, method="GET", route=TEMPLATE)


def value(shelf, app, name, **labels):
    """The sum of all samples of a metric with these labels; a label can be a pattern."""
    answer = told(shelf, app)
    try:
        samples = [sample for each in text_string_to_metric_families(answer.text) for sample in each.samples]
    except ValueError:
        samples = []
    known = [sample for sample in samples if sample.name == name]
    if not known and name != "shelf_request_seconds_count":
        because(
            saw=f"There is no {name} in what GET /metrics answers.",
            expected="it, in the form that Prometheus reads.",
            cause="the metric is missing, has another name, or is in another registry than the one that is shown.",
            look=TOLD,
        )
    return sum(
        sample.value for sample in known if all(fits(sample.labels.get(key), want) for key, want in labels.items())
    )


def fits(label, wanted):
    """Whether a label is as wanted."""
    return label == wanted if isinstance(wanted, str) else bool(label and wanted.fullmatch(label))


def bookmark():
    """A bookmark of a new URL."""
    return {"url": f"https://example.com/{random.randrange(16**12):012x}"}
