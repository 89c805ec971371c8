"""Lesson 08: what the log says about a request, and what it does not say."""

import json
import random
import re
import string

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
ACCOUNTS = "/api/accounts/"
HEADER = "X-Request-ID"
SOON = 5.0
"""Seconds for what is written right after the answer has left. Only a failing step waits so long."""
LINES = "shelf/logs.py and `RequestLog` in shelf/middleware.py, and 'The log' in the lesson."
HIDDEN = "'What the log does not say' in the lesson."


def test_each_request_writes_one_line(start_shelf, web, waiter):
    """Each request writes one line of JSON: method, route template, status, milliseconds, id."""
    shelf = start_shelf(inside=add_a_route_that_fails)
    before = shelf.output.count("\n")
    answers = [(shelf.request(**request).expect(status), route) for request, route, status in visits(shelf)]
    for answer, route in answers:
        waiter.until(lambda answer=answer: about(shelf, answer), SOON)
        written = about(shelf, answer)
        assert len(written) == 1, not_one(shelf, answer, written)
        says(written[0], answer, route)
    page = web.page("Slow").hold()
    waiting = shelf.start("GET", f"{BOOKMARKS}check/", params={"url": page.url})
    page.wait_for_visitors(1)
    waiter.until(lambda: False, 0.3)
    page.release()
    answer = waiting.answer().expect(200)
    waiter.until(lambda: about(shelf, answer), SOON)
    took = about(shelf, answer)[0]["milliseconds"]
    assert 300 <= took <= 60_000, because(
        saw=f"A request took at least 300 milliseconds, and its line says `milliseconds`: {took}",
        expected="the time from the request to the end of its answer, in milliseconds.",
        cause="the unit is another one, or the clock is read too early.",
        look=LINES,
    )
    others = [line for line in shelf.output.split("\n")[before:] if line.strip() and not record(line)]
    assert not others, because(
        saw=f"Besides JSON, this was printed:\n{others[0][:200]}",
        expected="nothing but lines of JSON from the first request on; a traceback stands in one of them as a text.",
        cause=why_no_json(others[0]),
        look=LINES,
    )


def test_a_500_tells_nothing_and_the_log_tells_all(start_shelf, waiter):
    """A 500 tells nothing of the inside; the log tells all of it, under the same request id."""
    debugging = start_shelf(env={"DEBUG": "1"}, inside=add_a_route_that_fails, must_run=False)
    shelf = start_shelf(inside=add_a_route_that_fails)
    for path in ("/fails", "/fails-in-a-thread"):
        answer = shelf.get(path).expect(500)
        leaks = [part for part in ("drawer", "RuntimeError", "Traceback", ".py") if part in answer.text]
        says_nothing = not leaks and is_a_problem(answer)
        assert says_nothing, because(
            saw=f"A route raised RuntimeError, and {answer}",
            expected="a problem document of its own, with the same words whatever went wrong.",
            cause="the error's own text is passed on." if leaks else WHY_PLAIN,
            look="`UnhandledErrors` in shelf/middleware.py, and 'The 500' in the lesson.",
        )
        own = answer.headers.get(HEADER)
        assert own, because(
            saw=f"{answer}\nIts headers do not tell {HEADER}.",
            expected="the id: whoever reports the error can name it.",
            cause=WHY_PLAIN,
            look="`add_layers` in shelf/middleware.py, and 'Layers' in the lesson.",
        )
        waiter.until(lambda own=own: tells_all(shelf, own), SOON)
        assert tells_all(shelf, own), not_told(shelf, own)
    answer = debugging.get("/fails").expect(500)
    shows_it = "drawer" in answer.text and is_a_problem(answer)
    assert shows_it, because(
        saw=f"DEBUG is 1, a route raised RuntimeError('kept in the drawer'), and {answer}",
        expected="a problem document with the traceback in it.",
        cause="the layer that answers does not know `debug`.",
        look="`UnhandledErrors` in shelf/middleware.py, and 'The 500' in the lesson.",
    )


def test_the_log_keeps_no_secret(start_shelf, waiter, database):
    """The log keeps no secret: no query, no header, no body, no path that nobody knows, no value of a statement."""
    shelf = start_shelf(inside=let_uvicorn_log)
    secrets = {each: f"{word(4)}-canary-{word(8)}" for each in WHERE}
    shelf.get(BOOKMARKS, params={"q": secrets["query"]}).expect(200)
    headers = {"Authorization": f"Token {secrets['authorization']}", "Cookie": f"session={secrets['cookie']}"}
    shelf.get("/health", headers=headers).expect(200)
    shelf.get(f"/reset/{secrets['path']}").expect(404)
    short = {"email": "reader@example.com", "username": word(), "age": 17, "password": secrets["password"]}
    shelf.post(ACCOUNTS, json=short).expect(422)
    database.execute("ALTER TABLE bookmarks RENAME TO elsewhere")
    failed = shelf.post(BOOKMARKS, json={"url": f"https://example.com/?key={secrets['statement']}"}).expect(500)
    waiter.until(lambda: says_why(shelf) and about(shelf, failed), SOON)
    for which, secret in secrets.items():
        assert secret not in shelf.output, because(
            saw=f"{WHERE[which][0]}, and it stands in the log:\n{around(shelf.output, secret)}",
            expected="a log that many may read, and that is kept for years: nothing in it that somebody has to hide.",
            cause=WHERE[which][1],
            look=f"{WHERE[which][2]}, and {HIDDEN}",
        )
    assert says_why(shelf), because(
        saw="A table was missing, a request was answered with 500, and the log does not say why.",
        expected="the error and its traceback, without the values of the statement.",
        cause="the error is swallowed, or its text is cut off.",
        look="`UnhandledErrors` in shelf/middleware.py, and 'The 500' in the lesson.",
    )


# What the steps share


def says_why(shelf):
    """Whether the log says that a table is missing, as SQLite or PostgreSQL does."""
    return "no such table" in shelf.output or "does not exist" in shelf.output


def is_a_problem(answer):
    """Whether it is a problem document."""
    return answer.headers.get("content-type", "").partition(";")[0] == "application/problem+json"


def tells_all(shelf, own):
    """Whether a line with this id has the error and its traceback."""
    return any(line.get("request_id") == own and "in raise_it" in json.dumps(line) for line in lines(shelf, "drawer"))


# Reading the log


def record(line):
    """What a line of JSON says; None if it is no JSON object."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def lines(shelf, text):
    """The lines that hold this text, as objects; one that is no JSON as {"printed": line}."""
    return [record(line) or {"printed": line} for line in shelf.output.split("\n") if text in line]


def about(shelf, answer):
    """The lines about the request with this answer as a whole."""
    own = answer.headers.get(HEADER, "")
    return [line for line in lines(shelf, own) if "status" in line and line.get("request_id") == own] if own else []


def around(text, part):
    """The line in which a part of a text stands, cut where it is long."""
    line = next(each for each in text.split("\n") if part in each)
    start = max(line.index(part) - 100, 0)
    return line[start : start + 250]


WHY_PLAIN = (
    "the answer is made outside of your layers: Starlette's ServerErrorMiddleware is always outermost, and what handles"
    " `Exception` runs in it."
)


def visits(shelf):
    """Requests, with the template of the route that they meet, and the status."""
    saved = shelf.post(BOOKMARKS, json={"url": f"https://example.com/{word()}"}).expect(201)
    one, template = f"{BOOKMARKS}{saved['id']}/", re.escape(BOOKMARKS) + r"\{\w+\}/"
    missing = f"{BOOKMARKS}{saved['id'] + random.randint(1, 1000)}/"
    yield {"method": "GET", "path": "/health", "headers": {HEADER: f"from-{word()}"}}, "/health", 200
    yield {"method": "GET", "path": f"{one}?verbose={word()}"}, template, 200
    yield {"method": "PATCH", "path": one, "json": {"title": word()}}, template, 200
    yield {"method": "POST", "path": BOOKMARKS, "json": {"title": "No URL"}}, re.escape(BOOKMARKS), 422
    yield {"method": "GET", "path": missing}, template, 404
    yield {"method": "GET", "path": f"/{word()}"}, None, 404
    yield {"method": "GET", "path": "/fails"}, "/fails", 500
    yield {"method": "DELETE", "path": one}, template, 204


def not_one(shelf, answer, written):
    """Fail the step: a request has no line, or several."""
    printed = [line for line in shelf.output.split("\n") if line.strip()][-1:]
    because(
        saw=f"{answer}\n"
        + (f"The log has {len(written)} lines about it." if written else f"The last line printed is {printed}"),
        expected="one line about it: a JSON object with `method`, `route`, `status`, `milliseconds`, and in"
        f" `request_id` what the answer tells in {HEADER}.",
        cause=why_not_one(answer, written),
        look=LINES,
    )


def why_not_one(answer, written):
    """Why a request has no line of its own, or several."""
    if written:
        return "two layers write it, or the layer is added twice."
    if answer.status == 500:
        return "the line is written after `await`, and an error never comes back from there; `finally` sees it."
    return (
        "the line is no JSON, lacks a key, or has another `request_id`: a BaseHTTPMiddleware calls what is inside of it"
        " in a task of its own, and what is set in there is lost out here."
    )


def says(line, answer, route):
    """Fail the step unless the line of a request tells what has happened."""
    fits = line.get("method") == answer.method and line.get("status") == answer.status
    assert fits, because(
        saw=f"{answer}\nIts line says {json.dumps(line)}",
        expected=f"`method`: {answer.method}, `status`: {answer.status}",
        cause="the line is written before the answer is known, or takes it from somewhere else.",
        look=LINES,
    )
    told = line.get("route", "(no such key)")
    assert told is None if route is None else re.fullmatch(route, str(told)), because(
        saw=f"{answer}\nIts line says `route`: {json.dumps(told)}",
        expected="null: no route has this path." if route is None else "the template, such as /api/bookmarks/{id}/.",
        cause="the path is written. A template is one of a few, can be counted, and holds nothing of a caller's; the"
        " router leaves the route in the scope.",
        look=LINES,
    )
    took = line.get("milliseconds", "(no such key)")
    is_a_number = type(took) in (int, float) and took >= 0
    assert is_a_number, because(
        saw=f"{answer}\nIts line says `milliseconds`: {json.dumps(took)}",
        expected="a number.",
        cause="the time is written as a text, or under another name.",
        look=LINES,
    )


def why_no_json(line):
    """Why a line is printed that is no JSON."""
    if line.startswith(("Traceback", "  ", "ERROR:", "INFO:")) or "Exception in ASGI" in line:
        return (
            "this is uvicorn's, in its own form: its loggers have handlers of their own, and it sets them up after"
            " `shelf.main` was imported and before the lifespan begins."
        )
    return "a `print`, or a formatter that joins texts instead of making JSON."


def not_told(shelf, own):
    """Fail the step: the log does not say what has failed, or not under the id."""
    found = lines(shelf, "drawer")
    ids = [line.get("request_id") for line in found]
    because(
        saw=f"A request with the id {own} raised RuntimeError('kept in the drawer'). "
        + (
            f"The log has the error with `request_id`: {json.dumps(ids[-1])}" if found else "The log has nothing of it."
        ),
        expected=f'one line of JSON with the traceback and `request_id`: "{own}".',
        cause="the error ends where the answer is made, and nobody logs it."
        if not found
        else "the line is no JSON; or the id was set back before the error was logged: the server does that last."
        if own not in ids
        else "the text of the error is logged, but not its traceback (`exc_info`).",
        look="shelf/logs.py, `RequestId` and `UnhandledErrors` in shelf/middleware.py, and 'The 500' in the lesson.",
    )


# What the steps are about


def word(length=10):
    return "".join(random.choices(string.ascii_lowercase, k=length))


WHERE = {
    "query": (
        "A query had a secret in it",
        "the URL is logged, by Shelf or by uvicorn, whose own lines about requests show it too.",
        "shelf/logs.py and shelf/middleware.py",
    ),
    "authorization": ("A header had a token in it", "headers are logged.", "shelf/middleware.py"),
    "cookie": ("A cookie had a secret in it", "headers are logged.", "shelf/middleware.py"),
    "path": (
        "A path that no route knows had a secret in it",
        "the path is logged, by Shelf or by uvicorn; the template of a route holds nothing of a caller's.",
        "shelf/logs.py and shelf/middleware.py",
    ),
    "password": (
        "A body had a password in it",
        "what was sent is logged.",
        "shelf/middleware.py and shelf/problems.py",
    ),
    "statement": (
        "A statement failed, with a secret among its values",
        "SQLAlchemy writes the values of a statement into its errors, unless told not to.",
        "`create_async_engine` in shelf/database.py",
    ),
}


def add_a_route_that_fails():
    """Runs inside the service."""
    from shelf.main import app

    def raise_it():
        raise RuntimeError("kept in the drawer")

    @app.get("/fails")
    async def fails():
        raise_it()

    @app.get("/fails-in-a-thread")
    def fails_in_a_thread():
        raise_it()


def let_uvicorn_log():
    """Runs inside the service: the server begins as `uvicorn shelf.main:app` begins it, with its own log on."""
    import uvicorn

    begin = uvicorn.Config.__init__

    def with_its_log(self, *args, **kwargs):
        begin(self, *args, **kwargs | {"access_log": True})

    uvicorn.Config.__init__ = with_its_log
