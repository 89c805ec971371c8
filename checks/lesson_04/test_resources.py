"""Lesson 04: what an app has for itself, from its start to its end."""

import json
import random

import pytest

from workshop.testbed import because

CHECK = "/api/bookmarks/check/"
BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
HANDFUL = 10
POOL = "`get_page_reader` in shelf/dependencies.py, and 'One pool, opened and closed' in the lesson."
APPS = "`create_app` in shelf/main.py, and 'Two apps share nothing' in the lesson."
REPLACE = "shelf/links.py and shelf/dependencies.py, and 'Ask, and be given something else' in the lesson."
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""


def test_fifty_checks_reuse_a_handful_of_connections(shelf, web):
    """Fifty checks and a refresh, five pages at a time, reuse a handful of connections."""
    pages = [web.page(f"Page {n}") for n in range(5)]
    for _ in range(10):
        checks = [shelf.start("GET", CHECK, params={"url": page.url}) for page in pages]
        for page, check in zip(pages, checks, strict=True):
            assert title(check.answer()) == f"Page {pages.index(page)}", lost(page)
    assert web.connections_made <= HANDFUL, because(
        saw=f"Fifty checks, five at a time, opened {web.connections_made} connections to one server.",
        expected=f"five, {HANDFUL} at most: each is used again when its page has been read.",
        cause="every request has a client of its own, and a client's connections end with it.",
        look=POOL,
    )

    save(shelf, [web.page(f"Saved {n}").url for n in range(10)])
    shelf.post(REFRESH, json={"ids": None}).expect(200)
    assert web.connections_made <= HANDFUL, because(
        saw=f"After fifty checks, a refresh of ten pages brought the connections to {web.connections_made}.",
        expected=f"five, {HANDFUL} at most: checks and refreshes draw from one pool.",
        cause="checks share a client, but a refresh opens one of its own.",
        look=POOL,
    )


@pytest.mark.guard
def test_what_one_check_was_given_the_next_does_not_send(shelf, web):
    """A cookie that a page gave to one check is not sent by the next one."""
    page = web.page("Biscuits", headers={"Set-Cookie": "who=somebody; Path=/"})
    url = page.url.replace("127.0.0.1", "localhost")  # clients differ in whether a bare address may set cookies
    for visit in (1, 2):  # of one page by two URLs: what one URL says may be remembered one day
        shelf.get(CHECK, params={"url": f"{url}?{visit}"}).expect(200)

    heads = [head.lower() for head in page.requests]
    assert len(heads) == 2, lost(page)
    assert "\r\ncookie:" not in heads[1], because(
        saw="A page set a cookie for one check, and the next check sent it back.",
        expected="no cookie: checks are made for different callers, who share connections and nothing else.",
        cause="the client that all share keeps cookies. `open_session` in shelf/pages.py gives one that does not.",
        look="where the lifespan opens the client, in shelf/main.py.",
    )


def test_everything_opened_is_closed_at_shutdown(shelf, web, waiter):
    """Everything that was opened is closed when the service shuts down."""
    for number in range(5):
        page = web.page(f"Page {number}")
        assert title(shelf.get(CHECK, params={"url": page.url})) == f"Page {number}", lost(page)
    assert shelf.stop(), because(
        saw="Shelf was asked to shut down, and after 15 seconds it had not.",
        expected="a shutdown that comes to an end.",
        cause="what runs after the `yield` of the lifespan waits for something that does not come.",
        look="the lifespan in shelf/main.py.",
    )

    waiter.until(lambda: web.connections_open == 0, SOON)
    shelf.ask(collect_garbage)
    unclosed = shelf.output.count("Unclosed client session")
    all_closed = not web.connections_open and not unclosed
    assert all_closed, because(
        saw=f"Five checks, then an orderly shutdown. {left(web.connections_open, unclosed)}",
        expected="no connection open, and no client left to the garbage collector.",
        cause="nobody closes what was opened. What the lifespan opens before its `yield`, it can close after it.",
        look="the lifespan in shelf/main.py, and 'One pool, opened and closed' in the lesson.",
    )


def test_two_apps_in_one_process_share_nothing(start_shelf, web):
    """Two apps made by create_app() in one process share nothing: settings, bookmarks, connections."""
    origins = [f"https://app-{n}-{random.randrange(16**4):04x}.example" for n in (1, 2)]
    at_once = random.randrange(6, 10)
    first = {"CORS_ORIGINS": origins[0], "PAGE_SECONDS": "60", "REFRESH_AT_ONCE": str(at_once)}
    second = {"CORS_ORIGINS": origins[1], "PAGE_SECONDS": "0.3", "REFRESH_AT_ONCE": "2"}
    shelf = start_shelf(environments=[first, second])

    own_origins(shelf, origins)
    own_bookmarks(shelf)
    own_connections(shelf, web)
    own_limits(shelf, web, at_once)


def test_a_dependency_can_be_replaced_from_outside(start_shelf, web):
    """get_page_reader and get_settings can be replaced from outside."""
    shelf = start_shelf(inside=replace_the_reader)
    other = start_shelf(inside=replace_the_settings, must_run=False)
    url = web.refused()
    answer = shelf.get(CHECK, params={"url": url}).expect(200)
    assert title(answer) == f"Read for {url}", because(
        saw=f"get_page_reader was replaced by one whose pages are all called 'Read for ...', and {answer}",
        expected="the replacement is used: a test can do without the network.",
        cause="the route makes or fetches its reader by itself. FastAPI replaces only what it hands out.",
        look=REPLACE,
    )

    pages = [web.page(f"Page {n}").hold() for n in range(8)]
    save(other, [page.url for page in pages])
    refresh = other.start("POST", REFRESH, json={"ids": None})
    assert web.gathers(8, SOON), because(
        saw=f"get_settings was replaced by settings with refresh_at_once=8. A refresh fetches {web.inside} at once.",
        expected="eight at once: whoever needs a setting asks `get_settings`.",
        cause="the refresh takes its settings from somewhere else.",
        look="shelf/refresh.py and shelf/dependencies.py.",
    )
    for page in pages:
        page.release()
    refresh.answer().expect(200)


# What apps have for themselves


def own_origins(shelf, origins):
    """Fail the step unless each app allows its own origin and not the other's."""
    for app in (0, 1):
        for origin in origins:
            answer = shelf.get("/health", app=app, headers={"Origin": origin}).expect(200)
            allowed = answer.headers.get("access-control-allow-origin") is not None
            assert allowed == (origin == origins[app]), because(
                saw=f"CORS_ORIGINS was {origins[app]} when {NAMES[app]} was created. {origin} is"
                f" {'allowed' if allowed else 'not allowed'} there.",
                expected="each app keeps the settings that it was created under.",
                cause="settings that are read once for the process (`lru_cache`, or at the top level of a module), or"
                " too late.",
                look=APPS,
            )


def own_bookmarks(shelf):
    """Fail the step unless what one app keeps stays there."""
    shelf.post(BOOKMARKS, app=0, json={"url": "https://example.com/only-here"}).expect(201)
    found = shelf.get(BOOKMARKS, app=1).expect(200)
    assert found["count"] == 0, because(
        saw="A bookmark was saved in the first of two apps, and the second one lists it.",
        expected="each app has a store of its own.",
        cause="the store is made at the top level of a module, so there is one for the process.",
        look=APPS,
    )
    kept = shelf.get(BOOKMARKS, app=0).expect(200)
    assert kept["count"] == 1, because(
        saw=f"A bookmark was saved in the first of two apps, and {kept}",
        expected="the first app lists it.",
        cause="the store is made anew for each request.",
        look=APPS,
    )


def own_connections(shelf, web):
    """Fail the step unless each app has a pool of its own."""
    for app in (0, 1):
        page = web.page("Visited")
        assert title(shelf.get(CHECK, app=app, params={"url": page.url})) == "Visited", lost(page)
    assert web.connections_made >= 2, because(
        saw="Two apps visited one server, and the second one used the connection of the first.",
        expected="two connections: when one app closes its pool, the other must still have one.",
        cause="the client is made at the top level of a module, or kept by a cache.",
        look=APPS,
    )


def own_limits(shelf, web, at_once):
    """Fail the step unless each app has its own PAGE_SECONDS and REFRESH_AT_ONCE, also when both are running."""
    patient, hasty = web.page("Late").hold(), web.page("Later").hold()
    waiting = shelf.start("GET", CHECK, app=0, params={"url": patient.url})
    patient.wait_for_visitors(1)
    answer = shelf.start("GET", CHECK, app=1, params={"url": hasty.url}).answer(SOON)
    assert answer.answered or shelf.gone, because(
        saw="PAGE_SECONDS was 0.3 when the second app was created, and it goes on waiting for a page.",
        expected="it gives the page up after 0.3 s: each app keeps the settings that it was created under.",
        cause="settings that are read once for the process: `lru_cache`, or at the top level of a module.",
        look=APPS,
    )
    answer.expect(200)
    patient.release()
    found = title(waiting.answer())
    assert found == "Late", because(
        saw=f"PAGE_SECONDS was 60 when the first app was created, then 0.3. Its check says {json.dumps(found)} for the"
        " title of a page that took half a second.",
        expected='"Late": each app keeps the settings that it was created under.',
        cause="the environment is read in the middle of a request; by then it is another one.",
        look=APPS,
    )
    save(shelf, pages := [web.page("Many", path=f"/many-{n}").hold() for n in range(at_once)])
    shelf.start("POST", REFRESH, app=0, json={"ids": None})
    gathered = web.gathers(at_once, SOON)
    for page in pages:
        page.release()
    assert gathered, because(
        saw=f"REFRESH_AT_ONCE was {at_once} when the first app was created, then 2. Its refresh fetches fewer at once.",
        expected=f"{at_once} at once: each app keeps the settings that it was created under.",
        cause="the environment is read in the middle of a request; by then it is another one.",
        look=APPS,
    )


# What the steps share

NAMES = ("the first app", "the second app")


def replace_the_reader():
    """Runs inside the service."""
    from shelf.dependencies import get_page_reader
    from shelf.main import app
    from shelf.parsing import Page

    class Reader:
        async def read(self, url):
            return Page(url, title=f"Read for {url}")

    app.dependency_overrides[get_page_reader] = lambda: Reader()


def replace_the_settings():
    """Runs inside the service."""
    from shelf.config import Settings
    from shelf.dependencies import get_settings
    from shelf.main import app

    app.dependency_overrides[get_settings] = lambda: Settings(refresh_at_once=8)


def collect_garbage():
    """Runs inside the service."""
    import gc

    gc.collect()


def save(shelf, pages):
    """Save a bookmark for each page or URL."""
    for page in pages:
        shelf.post(BOOKMARKS, json={"url": getattr(page, "url", page)}).expect(201)


def title(answer):
    """The title in the answer to a check."""
    return answer.expect(200)["metadata", "title"]


def lost(page):
    """Fail the step: the answer to a check does not tell the page's title."""
    because(
        saw=f"A check of {page.url} does not tell the title of that page.",
        expected="what the page says about itself.",
        cause="the reader cannot read it: its client is closed, or was made in another event loop.",
        look=POOL,
    )


def left(connections, clients):
    """What is left, as a sentence."""
    parts = [f"{connections} connections to pages are open"] if connections else []
    parts += [f"'Unclosed client session' was printed {clients} times"] if clients else []
    return f"Then {' and '.join(parts)}."
