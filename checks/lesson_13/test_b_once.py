"""Lesson 13: however often it is delivered, it is done once, or given up for all to see."""

import json
import random
from urllib.parse import urlsplit

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
FAST = {"RELAY_SECONDS": "0.05"}
QUIET = {"RELAY_SECONDS": "0"}
DONE = (200, 201, 202, 204)
ONCE = (
    "`remove` in shelf/jobs/outbox.py, `take` in shelf/jobs/service.py, and 'Delivered twice, done once' in the lesson."
)
FAILING = "shelf/jobs/service.py, and 'When it keeps failing' in the lesson."


def test_delivered_twice_is_done_once(start_shelf, web, qstash, waiter):
    """A job that is delivered again, later, at the same moment or under another id, is done once."""
    shelf = start_shelf(env=FAST)  # first, so that it is the one at PUBLIC_URL
    other = start_shelf(env=QUIET, must_run=False)
    caller = shelf.sign_up()
    page = web.page(word(), description=word())
    number = save(caller, page.url)
    [message] = qstash.wait_for(1)
    qstash.deliver(message).expect(*DONE, about="QStash delivers a job:")
    in_state(shown(caller, number), "done", "The job was delivered:", ONCE)
    caller.patch(f"{BOOKMARKS}{number}/", json={"title": "", "description": ""}).expect(200)
    before, visits = shown(caller, number), page.visits
    for again, send, statuses in other_deliveries(qstash, message, other.must_run().url):
        answer = send()
        unchanged(caller, before, page, visits, again)
        answer.expect(*statuses, about=f"A job that is done is delivered again: {again}.", cause=WHY_FINE, look=ONCE)
    at_the_same_moment(caller, web, qstash, waiter, other)
    nothing_is_left_to_do(caller, web, qstash)


def test_a_job_that_keeps_failing_says_so(start_shelf, web, qstash):
    """A page that cannot be read is tried again; when QStash gives up, the bookmark shows it."""
    shelf = start_shelf(env=FAST)  # first, so that it is the one at PUBLIC_URL
    fenced = start_shelf(env=FAST | {"ALLOWED_PRIVATE_HOSTS": "10.9.8.7"}, must_run=False)
    caller = shelf.sign_up()
    page = web.page("Out of order", status=503)
    number = save(caller, page.url)
    first = qstash.deliver_next()
    assert first.status not in DONE, because(
        saw=f"A job was delivered, and its page answers 503. {first}",
        expected="an error, such as 502: then QStash delivers again, first after seconds, then after minutes.",
        cause="the failure is swallowed, or `read` is asked, which makes an empty page of it. A 2xx means: done.",
        look=FAILING,
    )
    about, early = "The page was out of order at the first attempt:", "the first failure is taken for the last."
    in_state(shown(caller, number), "waiting", about, FAILING, early)
    title = word()
    web.page(title, path=page.url.removeprefix(web.origin))
    qstash.deliver_all()
    found = shown(caller, number)
    assert found["title"] == title, because(
        saw=f"A page was out of order when its job was delivered first, and fine after that. {found}",
        expected=f"the title {json.dumps(title)}: the second delivery finds the page.",
        cause="a failure at the first attempt ends the job, or is remembered by the cache. A job reads with `fetch`.",
        look=FAILING,
    )
    in_state(found, "done", "The page was out of order, then fine, and QStash has delivered again:", FAILING)

    missing = web.page("Missing", status=404)
    number = save(caller, missing.url)
    statuses = [answer.status for answer in (qstash.deliver_next(), *qstash.deliver_all())]
    in_state(
        shown(caller, number),
        "failed",
        f"QStash has done all it can, and got the answers {statuses}.",
        FAILING,
        GIVEN_UP,
    )
    web.page(title, path=missing.url.removeprefix(web.origin))
    save(caller, missing.url)
    in_state(shown(caller, number), "waiting", "A bookmark whose job had failed was saved again:", FAILING)
    qstash.deliver_next()
    in_state(shown(caller, number), "done", "It was saved again, and the page is fine now:", FAILING)
    behind_the_fence(fenced.must_run(), web, qstash)


# What the steps share

WHY_FINE = "a job that is done is answered with an error, so QStash delivers it again and again. It is done: say so."
GIVEN_UP = (
    "nobody learns that QStash has given up. It tells a `failure_callback`, if the message has one; and each delivery "
    "says in Upstash-Retried how often it was tried."
)


def word():
    return f"w{random.randrange(16**8):08x}"


def save(caller, url, **words):
    """Save a bookmark; return its id."""
    return caller.post(BOOKMARKS, json={"url": url, **words}).expect(201, about="Saving a bookmark:")["id"]


def shown(caller, number):
    return caller.get(f"{BOOKMARKS}{number}/").expect(200)


def in_state(answer, state, about, look, cause="nobody sets the state at this moment."):
    """Fail the step unless the bookmark in an answer shows this state of its job."""
    assert answer["snapshot_state"] == state, because(
        saw=f"{about} `snapshot_state` is {json.dumps(answer['snapshot_state'])}.",
        expected=f"{json.dumps(state)}.",
        cause=cause,
        look=look,
    )


def other_deliveries(qstash, message, elsewhere):
    """Ways in which a job can come again: which, how, and the statuses that are fine."""
    twin = qstash.message(message.url, body=message.body, **message.headers)
    seen = message.letters[-1].headers | {"Upstash-Message-Id": twin.id}

    def renamed():
        letter = type(message.letters[-1])(seen, message.letters[-1].body)
        twin.letters.append(letter)
        return qstash.replay(twin)

    refusing = (*DONE, 400, 401, 403, 409)
    yield "signed anew", lambda: qstash.deliver(message), DONE
    yield "replayed, byte for byte", lambda: qstash.replay(message), refusing
    yield "replayed with another id in the header Upstash-Message-Id, which no signature covers", renamed, refusing
    yield "as another message, because it was published twice", lambda: qstash.deliver(twin), DONE
    yield "to another process", lambda: qstash.deliver(message, to=elsewhere), DONE


def unchanged(caller, before, page, visits, again):
    """Fail the step if a delivery that came again has done anything."""
    after = shown(caller, before["id"])
    fine = after.body == before.body and page.visits == visits
    assert fine, because(
        saw=f"A job was done; then the owner emptied title and description. It was delivered again: {again}. The page"
        f" was visited {page.visits - visits} times, and {after}",
        expected="no visit and no change: the job is done.",
        cause="nobody remembers that the job is done, or by a name that changes: a message that is published twice has"
        " two ids.",
        look=ONCE,
    )


def at_the_same_moment(caller, web, qstash, waiter, other):
    """Fail the step unless of two deliveries at the same moment, in two processes, one does the job."""
    page = web.page(word()).hold()
    number = save(caller, page.url)
    message = qstash.wait_for(2)[1]
    first = qstash.start(message)
    page.wait_for_visitors(1)
    changed = web.page(word(), path=page.url.removeprefix(web.origin)).hold()  # who comes now reads another title
    letter = message.letters[-1]
    second = other.start("POST", urlsplit(message.url).path, headers=letter.headers, content=letter.body)
    waiter.until(lambda: second.done or changed.inside, 5)
    commits, deletion = caller.service.hold_commits(), other.hold_statement("DELETE")
    page.release()
    commits.wait_for(1)  # the first has done all but its COMMIT
    changed.release()
    deletion.wait_for(1, 1)  # the second has looked whether there is something to do
    commits.release()
    first.answer().expect(*DONE, about="QStash delivers a job twice at the same moment; the first:", look=ONCE)
    before = shown(caller, number)
    deletion.release()
    late = second.answer()
    found = shown(caller, number)
    assert found.body == before.body, because(
        saw="A job was delivered twice at the same moment, to two processes. One has done it; then the other came back"
        f" from the page, which says something else by now, and did it once more: {found}",
        expected="no change: the job is done.",
        cause="whether the job is done is asked before the page is read, or by a SELECT, and not by the statement that"
        " ends the job. A DELETE can say whether there was a row: one of two gets it.",
        look=ONCE,
    )
    assert late.answered, because(
        saw=f"A job was delivered twice at the same moment. The second: {late}",
        expected="an answer.",
        cause="the second waits for the first, and is forgotten.",
        look=ONCE,
    )
    qstash.deliver_all()


def nothing_is_left_to_do(caller, web, qstash):
    """Fail the step unless the job of a bookmark that is gone is answered as done."""
    page = web.page(word())
    number = save(caller, page.url)
    message = qstash.wait_for(3)[2]
    caller.delete(f"{BOOKMARKS}{number}/").expect(204)
    qstash.deliver(message).expect(
        *DONE,
        about="A bookmark was deleted before its job was delivered:",
        expected="a 2xx: there is nothing to do any more, and a second delivery would not change that.",
        cause="a bookmark that is gone is an error to this route, and QStash takes an error for a reason to try again.",
        look=ONCE,
    )


def behind_the_fence(shelf, web, qstash):
    """Fail the step unless a job reads pages from outside of the fence only."""
    caller, page = shelf.sign_up(), web.page(word())
    before = len(qstash.messages)
    number = save(caller, page.url)
    message = qstash.wait_for(before + 1)[before]
    while message.state == "waiting":
        qstash.deliver(message, to=shelf.url)
    for callback in qstash.waiting:
        qstash.deliver(callback, to=shelf.url)
    assert page.visits == 0, because(
        saw=f"A bookmark names a page on 127.0.0.1, ALLOWED_PRIVATE_HOSTS does not, and its job visited it"
        f" {page.visits} times.",
        expected="no visit: whoever saves a bookmark must not reach what is inside, now or later.",
        cause="the job has a client of its own, and goes around the fence of lesson 10.",
        look=FAILING,
    )
    in_state(
        shown(caller, number), "failed", "The page is behind the fence, and QStash has given up:", FAILING, GIVEN_UP
    )
