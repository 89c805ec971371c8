"""Lesson 17: a server that starts with workers, and ends in order."""

import socket

from workshop.testbed import because
from workshop.testbed.caller import sign_up, word

BOOKMARKS = "/api/bookmarks/"
CHECK = "/api/bookmarks/check/"
KEYS = "/api/tokens/"
STUCK = (
    b"POST /api/accounts/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
)
ENDS = "`serve` in shelf/__main__.py, and 'An end in order' in the lesson."
WORKERS = "`serve` in shelf/__main__.py, and 'Two that share nothing' in the lesson."
GUARD = 12.0
"""Seconds for an end that takes one at most."""


def test_sigterm_finishes_what_is_under_way(launch_shelf, web):
    """SIGTERM finishes what is under way, takes nothing new, and waits for nobody for ever."""
    shelf = launch_shelf(SHUTDOWN_SECONDS="60")
    caller = sign_up(shelf)
    page = web.page(title := word(10)).hold()
    under_way = caller.start("GET", CHECK, params={"url": page.url})
    page.wait_for_visitors(1)
    shelf.terminate()
    refused = shelf.waiter.until(lambda: shelf.gone or not shelf.listens, GUARD)
    late = None if refused else shelf.start("GET", "/health")
    page.release()
    answer = under_way.answer()
    fine = answer.status == 200 and answer["metadata", "title"] == title
    assert fine, because(
        saw=f"SIGTERM came while a page was being fetched. {answer}",
        expected="200, with what the page says: what was under way is finished.",
        cause="something ends the process as soon as the signal comes, or what is under way is broken off, although"
        " there is time for it: SHUTDOWN_SECONDS is 60 here.",
        look=ENDS,
    )
    assert shelf.waiter.until(lambda: shelf.gone), because(
        saw="After SIGTERM everything was answered, and the process goes on.",
        expected="its end: nothing is under way any more.",
        cause="the signal is not heeded, or something that the app has opened is never closed.",
        look=ENDS,
    )
    assert late is None or not late.answer().answered, because(
        saw="A request that came after SIGTERM was answered.",
        expected="none is taken any more.",
        cause="the server goes on as if nothing had happened, and ends later.",
        look=ENDS,
    )
    assert shelf.exit_code in (0, 143), because(
        saw=f"After SIGTERM the process ended with {shelf.exit_code}.",
        expected="0, or 143, which is how a shell tells of SIGTERM.",
        cause="an error comes up while it ends. Its log says which.",
        look=ENDS,
    )
    waits_for_nobody(launch_shelf(SHUTDOWN_SECONDS="1"))


def waits_for_nobody(shelf):
    """Fail the step unless the service ends although a caller never finishes their request."""
    with socket.create_connection(("127.0.0.1", shelf.port), 15) as stuck:
        stuck.sendall(STUCK)
        assert b"100" in stuck.recv(100)  # somebody waits for the rest
        stuck.sendall(b"{")
        shelf.terminate()
        ended = shelf.waiter.until(lambda: shelf.gone, GUARD)
    assert ended, because(
        saw=f"SIGTERM came while somebody had sent half of a request. {GUARD:.0f} seconds later Shelf still waits for "
        "the other half.",
        expected="its end: SHUTDOWN_SECONDS is 1 here.",
        cause="the server waits until everybody has finished, and nothing bounds that. Whoever has sent the signal "
        "sends SIGKILL in the end, which finishes nothing.",
        look=ENDS,
    )


def test_two_workers_share_nothing(launch_shelf):
    """With WORKERS=2 two processes serve, and each knows at once what the other has done."""
    shelf = launch_shelf(WORKERS="2")
    shelf.waiter.until(lambda: len(shelf.workers()) > 1, 5)
    workers = shelf.workers()
    assert len(workers) == 2, because(
        saw=f"WORKERS is 2, and {len(workers)} process{'es serve' if len(workers) != 1 else ' serves'}.",
        expected="two: each takes what comes while the other one works.",
        cause="the server is not told how many there are to be; or it gets the app itself, which no other process can "
        "have, and not its name.",
        look=WORKERS,
    )
    here, there = workers
    ann = sign_up(shelf)
    with shelf.only(here):
        key = {"Authorization": f"Token {ann.post(KEYS, json={'name': 'ann'}).expect(201)['key']}"}
        number = ann.post(BOOKMARKS, json={"url": f"https://{word(8)}.example/", "title": "One"}).expect(201)["id"]
        path = f"{BOOKMARKS}{number}/"
        knows(shelf.get(path, headers=key), "One", "saved")
    with shelf.only(there):
        knows(shelf.get(path, headers=key), "One", "saved by the other worker")
        ann.patch(path, json={"title": "Two"}).expect(200)
    with shelf.only(here):
        knows(shelf.get(path, headers=key), "Two", "changed by the other worker")
        keys = ann.get(KEYS).expect(200).json
        listed = keys if isinstance(keys, list) else keys["results"]
        ann.delete(f"{KEYS}{listed[0]['id']}/").expect(204)
    with shelf.only(there):
        refused = shelf.get(path, headers=key)
        assert refused.status == 401, because(
            saw=f"A key was revoked by one worker, and used at the other one: {refused}",
            expected="401: revoked is revoked, in every process.",
            cause="accounts are kept in the memory of a process, which hears nothing of what others do.",
            look=WORKERS,
        )


def knows(answer, title, what):
    """Fail the step unless an answer has this title."""
    found = answer.expect(200, about=f"A bookmark was {what}.", look=WORKERS)["title"]
    assert found == title, because(
        saw=f"A bookmark was {what}, and has the title {title!r} now. {answer}",
        expected=f"{title!r}, whichever worker is asked.",
        cause="what was read once is kept in the memory of a process, which hears nothing of what others do.",
        look=WORKERS,
    )
