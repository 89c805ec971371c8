"""The stand-in web misbehaves exactly as a check asks it to, and counts who comes."""

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from workshop.testbed import StepFailed
from workshop.testbed.pages import Gate
from workshop.testbed.waiting import Waiter
from workshop.testbed.web import Web


@pytest.fixture
def web() -> Iterator[Web]:
    """A web of its own for each test."""
    web = Web()
    yield web
    web.close()


def read(url: str) -> bytes:
    """Fetch a page, at most 10 seconds."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def in_background(url: str) -> "Future[bytes]":
    """Fetch a page in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(read, url)
    pool.shutdown(wait=False)
    return future


def test_a_page_says_what_it_was_given(web: Web) -> None:
    """Title, description and image stand in the page, escaped."""
    html = read(web.page("Cats & dogs", description='"Pets"', image="/cat.png").url).decode()

    assert "<title>Cats &amp; dogs</title>" in html
    assert "&quot;Pets&quot;" in html
    assert 'content="/cat.png"' in html


def test_head_gets_the_head_only(web: Web) -> None:
    """HEAD gets no body, and the connection serves the next request."""
    page = web.page("Headed")
    with socket.create_connection(("127.0.0.1", int(web.origin.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"HEAD " + page.url.removeprefix(web.origin).encode() + b" HTTP/1.1\r\n\r\n")
        connection.sendall(b"GET /nowhere HTTP/1.1\r\n\r\n")
        said = b""
        while b"No such page." not in said:
            said += connection.recv(65536)

    assert b"Headed" not in said
    assert said.count(b"HTTP/1.1 ") == 2


def test_a_held_page_answers_when_it_is_released(web: Web) -> None:
    """A visitor stays inside until the page is released."""
    page = web.page("Held").hold()
    visit = in_background(page.url)
    page.wait_for_visitors(1)
    assert (page.inside, visit.done()) == (1, False)

    page.release()

    assert b"Held" in visit.result(10)
    assert page.empties()


def test_visitors_are_released_one_by_one(web: Web) -> None:
    """`release(1)` lets one visitor go on and keeps the others."""
    page = web.page().hold()
    visits = [in_background(page.url) for _ in range(3)]
    page.wait_for_visitors(3)

    page.release(1)

    assert Waiter().until(lambda: sum(visit.done() for visit in visits) == 1)
    assert Waiter().until(lambda: page.inside == 2)
    page.release()
    assert all(visit.result(10) for visit in visits)


def test_pages_can_share_a_gate(web: Web) -> None:
    """One gate holds several pages together; `most_inside` keeps the highest count."""
    gate = Gate()
    visits = [in_background(web.page(f"{number}").hold(gate).url) for number in range(4)]
    assert web.gathers(4)

    gate.release()

    assert all(visit.result(10) for visit in visits)
    assert web.empties()
    assert (web.visits, web.most_inside) == (4, 4)


def test_a_visitor_who_hangs_up_leaves(web: Web) -> None:
    """A held page notices that its visitor is gone."""
    page = web.page().hold()
    with socket.create_connection(("127.0.0.1", int(page.url.split(":")[2].split("/")[0]))) as caller:
        caller.sendall(b"GET /page-1 HTTP/1.1\r\nHost: x\r\n\r\n")
        page.wait_for_visitors(1)

    assert page.empties()
    assert Waiter().until(lambda: web.connections_open == 0)


def test_an_unknown_path_is_a_404(web: Web) -> None:
    """A page that nobody put up is not there."""
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(web.origin + "/nothing")


def test_a_redirect_leads_on(web: Web) -> None:
    """A redirect's visitor arrives at its target."""
    target = web.page("Here")
    assert b"Here" in read(web.redirect(target.url).url)
    assert target.visits == 1


def test_nobody_listens_on_a_refused_url(web: Web) -> None:
    """A refused URL refuses."""
    with pytest.raises(urllib.error.URLError):
        read(web.refused())


def test_a_broken_page_ends_early(web: Web) -> None:
    """A broken page sends less than it promised."""
    with pytest.raises(Exception, match="IncompleteRead"):
        read(web.broken().url)


@pytest.mark.parametrize("kind", ["endless", "dripping"])
def test_a_page_without_end_goes_on_until_its_visitor_leaves(web: Web, kind: str) -> None:
    """Whoever reads such a page to the end reads for ever; whoever leaves is gone."""
    page = web.endless("<html>") if kind == "endless" else web.dripping(every=0.01)
    with urllib.request.urlopen(page.url, timeout=10) as answer:
        assert len(answer.read(5)) == 5
        assert page.inside == 1

    assert page.empties()
    assert page.bytes_sent >= 5


def test_connections_are_counted(web: Web) -> None:
    """A connection that serves two requests counts once."""
    page = web.page(body="hello")
    with socket.create_connection(("127.0.0.1", int(web.origin.split(":")[2]))) as caller:
        for _ in range(2):
            caller.sendall(b"GET /page-1 HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while b"hello" not in answer:
                answer += caller.recv(4096)

    assert (page.visits, web.connections_made) == (2, 1)
    assert "GET /page-1" in page.requests[0]


def test_waiting_for_nobody_fails_the_step_in_words(web: Web) -> None:
    """A page that nobody visits says so, and says it early when waiting is in vain."""
    web.waiter.hopeless.append(lambda: True)
    began = time.monotonic()

    with pytest.raises(StepFailed) as failed:
        web.page().wait_for_visitors(1)

    assert "0 of 1 visits came" in failed.value.reason.saw
    assert time.monotonic() - began < 5


def test_closing_drops_every_visitor() -> None:
    """After `close` nobody is held any more."""
    web = Web()
    page = web.page().hold()
    visit = in_background(page.url)
    page.wait_for_visitors(1)

    web.close()

    assert isinstance(visit.exception(10), OSError | Exception)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("web")]
