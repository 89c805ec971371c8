"""Lesson 08: the id of a request."""

import json
import random
import re
import string

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
HEADER = "X-Request-ID"
AT_ONCE = 12
SOON = 5.0
"""Seconds for what is written right after the answer has left. Only a failing step waits so long."""
IDS = "`RequestId` in shelf/middleware.py, and 'An id for each request' in the lesson."
PLACE = "`request_id` in shelf/logs.py, `RequestId` in shelf/middleware.py, and 'An id for each request' in the lesson."


def test_an_id_is_taken_or_made(shelf):
    """A request's id is taken if it is well formed, and made if it is not; every answer tells it."""
    for sent in good_ids():
        answer = shelf.get("/health", headers={HEADER: sent}).expect(200)
        assert answer.headers.get(HEADER) == sent, because(
            saw=f"GET /health brought {HEADER}: {sent}, and the answer has {told(answer)}",
            expected="the same id: it is well formed, so that a caller finds its request in our log.",
            cause="the form is judged more strictly than the lesson says, or the answer does not tell the id.",
            look=IDS,
        )
    for why, sent in bad_ids().items():
        answer = shelf.get("/health", headers={HEADER: sent}).expect(200)
        made = answer.headers.get(HEADER, "")
        is_new = re.fullmatch(r"[A-Za-z0-9_-]{8,64}", made) and made != sent
        assert is_new, because(
            saw=f"GET /health brought {HEADER}: {sent!r}, which {why}, and the answer has {told(answer)}",
            expected="a new id, of 8 to 64 of the characters A-Z a-z 0-9 _ -. What callers write must not get into"
            " the log.",
            cause="what was sent is used as it came; or its form is only looked for at its beginning, as `match` does.",
            look=IDS,
        )
    made = [shelf.get(path).headers.get(HEADER) for path in ("/health", "/health", f"/{word()}", f"{BOOKMARKS}x/")]
    all_differ = len(set(made)) == len(made) and all(made)
    assert all_differ, because(
        saw=f"Four requests brought no id, two of them for a 404 and a 422. Their answers have {HEADER}: {made}",
        expected="four different ids: an error's answer tells it, too.",
        cause="the id is made once, or only some answers tell it.",
        look=IDS,
    )


def test_the_id_stands_in_every_line(start_shelf, waiter):
    """The id stands in every line that a request logs, in tasks, threads and the background, among many requests."""
    shelf = start_shelf(inside=add_a_meeting)
    words = [word() for _ in range(AT_ONCE)]
    sent = {each: {HEADER: f"from-{each}"} for each in words[::2]}
    pending = {each: shelf.start("GET", f"/meet/{each}", headers=sent.get(each)) for each in words}
    answers = {each: request.answer().expect(200) for each, request in pending.items()}
    assert all(answer["together"] for answer in answers.values()), because(
        saw=f"{AT_ONCE} requests were sent together, and some were served only when others were done.",
        expected="all of them at the same time, as before.",
        cause="a layer lets in one request after another, with a lock for example.",
        look="shelf/middleware.py.",
    )
    for each, answer in answers.items():
        own = answer.headers.get(HEADER)
        waiter.until(lambda each=each: all(lines(shelf, f"{each} {kind}") for kind in KINDS), SOON)
        found = {kind: lines(shelf, f"{each} {kind}") for kind in KINDS}
        for kind, which in found.items():
            assert len(which) == 1, lost(each, kind, which)
            of_line = which[0].get("request_id", "(no such key)")
            assert of_line == own, because(
                saw=f"Among {AT_ONCE} requests at once, one had the id {own}. {KINDS[kind]} logged this line:"
                f" {json.dumps(which[0])}",
                expected=f"`request_id`: {json.dumps(own)}",
                cause=why_another(kind, of_line, [each.headers.get(HEADER) for each in answers.values()]),
                look=PLACE,
            )


# What the steps share

KINDS = {
    "early": "The route, before the others had come,",
    "later": "The route, when all had come,",
    "dependency": "A dependency that is a plain `def`, with a logger of another library,",
    "task": "A task of the route",
    "thread": "A thread of the route, with a logger of another library,",
    "background": "A background task",
}


def told(answer):
    """The answer's id, in words."""
    own = answer.headers.get(HEADER)
    return f"{HEADER}: {own}" if own else f"no {HEADER}."


def lost(each, kind, which):
    """Fail the step: a line is not there, or there twice."""
    because(
        saw=f'{KINDS[kind]} logged "{each} {kind}", and the log has {len(which)} lines with it.',
        expected="one line.",
        cause="two handlers print the same record."
        if which
        else "loggers below `shelf` are heard from INFO on, all others from WARNING on; here no handler prints them.",
        look="`set_up_logs` in shelf/logs.py, and 'The log' in the lesson.",
    )


def why_another(kind, found, ids):
    """Why a line has not its request's id."""
    if found == "(no such key)":
        return "the line is no JSON object, or its formatter adds no `request_id`."
    if found in ids:
        return "the id stands in one place for all requests, and whoever comes last overwrites it."
    if kind in ("dependency", "thread"):
        return (
            "the id is added by a filter of a logger, and that sees what is logged by this logger alone; or the thread"
            " began without the context of its request."
        )
    if kind == "background":
        return "the id is taken back when the route is done, and the request is not over then."
    return "the id is not set where the request's tasks and threads begin, or it is another one than the answer tells."


def lines(shelf, text):
    """The lines that hold this text, as objects; one that is no JSON as {"printed": line}."""
    return [record(line) or {"printed": line} for line in shelf.output.split("\n") if text in line]


def record(line):
    """What a line of JSON says; None if it is no JSON object."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


# What the steps are about


def word(length=10):
    return "".join(random.choices(string.ascii_lowercase, k=length))


def good_ids():
    alphabet = string.ascii_letters + string.digits + "_-"
    yield "".join(random.choices(alphabet, k=8))
    yield "".join(random.choices(alphabet, k=64))
    yield f"_-{random.randrange(10**8)}"


def bad_ids():
    return {
        "has 7 characters": word(7),
        "has 65 characters": word(65),
        "has white space in it": f"{word()} {word()}",
        "has quotes in it": f'{word()}","status":200,"x":"{word()}',
        "has a dot in it": f"{word()}.{word()}",
        "has a line break of another alphabet in it": f"{word()}\x85{word()}".encode("latin-1"),
        "is empty": "",
    }


def add_a_meeting():
    """Runs inside the service."""
    import asyncio
    import logging

    from fastapi import BackgroundTasks, Depends

    from shelf.main import app

    ours, theirs = logging.getLogger("shelf.meeting"), logging.getLogger("elsewhere")
    here, all_here = [], asyncio.Event()

    def dependency(name: str):
        theirs.warning("%s dependency", name)

    async def task(name):
        await asyncio.sleep(0)
        ours.info("%s task", name)

    @app.get("/meet/{name}", dependencies=[Depends(dependency)])
    async def meet(name: str, tasks: BackgroundTasks):
        ours.info("%s early", name)
        here.append(name)
        if len(here) == 12:
            all_here.set()
        try:
            await asyncio.wait_for(all_here.wait(), 5)
        except TimeoutError:
            return {"together": False}
        ours.info("%s later", name)
        await asyncio.create_task(task(name))
        await asyncio.to_thread(theirs.warning, "%s thread", name)
        tasks.add_task(ours.info, "%s background", name)
        return {"together": True}
