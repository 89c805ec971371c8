"""Lesson 08: every error is told in one form, to whoever may read it."""

import json
import random
import string

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
ACCOUNTS = "/api/accounts/"
FORM = "application/problem+json"
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "instance": str}
PROBLEMS = "shelf/problems.py, and 'One form for every error' in the lesson."
ORDER = "`add_layers` in shelf/middleware.py, and 'Layers' in the lesson."


def test_every_error_is_a_problem_document(shelf, web):
    """Every error is a problem document: those of routes, of the router, and of requests that make no sense."""
    for about, status, request in errors(shelf, web):
        answer = shelf.request(**request).expect(status, about=about)
        is_a_problem(answer, about)
        if status == 405:
            keeps_its_headers(answer)
        if status == 422:
            names_the_fields(answer, about, request)
        if request["path"].endswith("/refresh/"):
            tells_what_failed(answer, request)


def test_errors_carry_what_browsers_need(start_shelf):
    """A page of a listed origin may read errors, too, those that nobody handles as well; a stranger's may not."""
    listed, stranger = origin("app"), origin("else")
    shelf = start_shelf(env={"CORS_ORIGINS": listed}, inside=add_a_route_that_fails)
    for status, path in {404: f"/{word()}", 405: "/health", 422: f"{BOOKMARKS}{word()}/", 500: "/fails"}.items():
        method = "DELETE" if status == 405 else "GET"
        for who in (listed, stranger):
            answer = shelf.request(method, path, headers={"Origin": who}).expect(status)
            allowed = answer.headers.get("access-control-allow-origin")
            assert (allowed == who) == (who == listed), because(
                saw=f"CORS_ORIGINS is {listed}. To a page of {who} {method} {path} answered {status} with"
                f" Access-Control-Allow-Origin: {allowed or '(no such header)'}",
                expected=f"the header, with {who}." if who == listed else "no such header for a stranger.",
                cause=why_not_allowed(status) if who == listed else "all origins are let in.",
                look=ORDER,
            )


# What the steps share


def is_a_problem(answer, about):
    """Fail the step unless the answer is a problem document about this request."""
    kind = answer.headers.get("content-type", "(none)")
    assert kind.partition(";")[0] == FORM, because(
        saw=f"{about} {answer}\nIts Content-Type is {kind}",
        expected=f"a problem document: Content-Type {FORM}",
        cause=why_no_problem(answer),
        look=PROBLEMS,
    )
    wrong = [name for name, kind in MEMBERS.items() if type(answer[name]) is not kind or not answer[name]]
    assert not wrong, because(
        saw=f"{about} {answer}",
        expected="`type`, `title`, `detail` and `instance`, each a text that is not empty, and `status`, a number;"
        f" here {' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} something else.",
        cause="something that is no text, such as the list of a 422, is passed on as the text.",
        look=PROBLEMS,
    )
    assert answer["status"] == answer.status, because(
        saw=f"{about} {answer}",
        expected=f"the same number in `status`: {answer.status}.",
        cause="the number in the document is another one than that of the answer.",
        look=PROBLEMS,
    )
    path = answer.path.partition("?")[0]
    assert answer["instance"] == path, because(
        saw=f"{about} {answer}",
        expected=f"`instance`: {json.dumps(path)}, the path of the request, as it came and without its query.",
        cause="the whole URL holds the query, and with it what callers would rather not see repeated; or the path is"
        " not percent-encoded, as an address has to be.",
        look=PROBLEMS,
    )


def why_no_problem(answer):
    """Why an answer is no problem document."""
    if answer.text in ('{"detail":"Not Found"}', '{"detail":"Method Not Allowed"}'):
        return (
            "this refusal is the router's: it raises Starlette's HTTPException. FastAPI's is a subclass of that,"
            " and whoever handles the subclass never sees it."
        )
    return "the answer is made as JSON of any kind; `media_type` says which kind it is."


def keeps_its_headers(answer):
    """Fail the step unless a 405 says what is allowed."""
    assert answer.headers.get("allow"), because(
        saw=f"{answer}\nIt has no Allow header.",
        expected="the headers of the error go with the answer: a 405 says in Allow which methods there are, a 401 how"
        " to identify oneself.",
        cause="the handler makes an answer of its own and leaves `error.headers` behind.",
        look=PROBLEMS,
    )


def names_the_fields(answer, about, request):
    """Fail the step unless a 422 says what is wrong with which field, and repeats nothing."""
    errors = answer["errors"]
    fine = isinstance(errors, list) and errors and all(set(each) == {"loc", "msg", "type"} for each in errors)
    assert fine, because(
        saw=f"{about} {answer}",
        expected='`errors`: a list with {"loc": [...], "msg": "...", "type": "..."} for each bad field, and no more.',
        cause="`exc.errors()` holds more than may leave: `input` repeats what was sent, `ctx` can hold an exception.",
        look="`answer_invalid` in shelf/problems.py.",
    )
    secret = (request.get("json") or {}).get("password", "")
    assert not secret or secret not in answer.text, because(
        saw=f"{about} {answer}\nThe password that was sent is {secret}",
        expected="an answer that does not repeat it.",
        cause="`input` repeats what was sent.",
        look="`answer_invalid` in shelf/problems.py.",
    )


def tells_what_failed(answer, request):
    """Fail the step unless a 502 of a refresh names the bookmark that failed."""
    failed = answer["failed"]
    named = [each.get("id") for each in failed] if isinstance(failed, list) else None
    assert named == request["json"]["ids"], because(
        saw=f"One bookmark was to be refreshed, `strict`, and its page cannot be had. {answer}",
        expected="`failed`, a list of the bookmarks that failed, as a member of the document.",
        cause="the facts of a ShelfError get lost on their way into the document.",
        look="`problem` in shelf/problems.py.",
    )


def why_not_allowed(status):
    """Why an error does not carry the header."""
    if status == 500:
        return (
            "the 500 is made outside of CORSMiddleware. Starlette's ServerErrorMiddleware is always outermost, and"
            " what handles `Exception` runs in it; only what is answered inside of CORSMiddleware gets its headers."
        )
    return "something outside of CORSMiddleware answers."


# What the steps are about


def word(length=10):
    return "".join(random.choices(string.ascii_lowercase, k=length))


def origin(name):
    return f"https://{name}-{word(4)}.example"


def errors(shelf, web):
    """Requests that go wrong: what about them, the status, the request."""
    urls = [f"https://example.com/{word()}" for _ in range(2)]
    first, second = (shelf.post(BOOKMARKS, json={"url": url}).expect(201)["id"] for url in urls)
    lost = shelf.post(BOOKMARKS, json={"url": web.refused()}).expect(201)["id"]
    missing = lost + random.randint(1, 1000)
    account = {"email": f"{word()}@example.com", "username": word(), "age": 30, "password": word(16)}
    shelf.post(ACCOUNTS, json=account).expect(201)
    yield "There is no such path.", 404, {"method": "GET", "path": f"/{word()}/%C3%A4%20b?key={word()}"}
    yield "There is no such bookmark.", 404, {"method": "GET", "path": f"{BOOKMARKS}{missing}/"}
    yield "The path has no such method.", 405, {"method": "DELETE", "path": "/health"}
    taken = {"json": {"url": urls[0]}}
    yield "Another bookmark has the URL.", 409, {"method": "PUT", "path": f"{BOOKMARKS}{second}/", **taken}
    yield "The account is there already.", 409, {"method": "POST", "path": ACCOUNTS, "json": account}
    short = {"json": account | {"password": word(11)}}
    yield "The password is too short.", 422, {"method": "POST", "path": ACCOUNTS, **short}
    yield "The URL is none.", 422, {"method": "POST", "path": BOOKMARKS, "json": {"url": word()}}
    yield "The URL has no host.", 422, {"method": "POST", "path": BOOKMARKS, "json": {"url": "https://exa mple/"}}
    yield "The id is no number.", 422, {"method": "GET", "path": f"{BOOKMARKS}{word()}/"}
    broken = {"content": '{"url": ', "headers": {"Content-Type": "application/json"}}
    yield "The JSON breaks off.", 422, {"method": "PATCH", "path": f"{BOOKMARKS}{first}/", **broken}
    strict = {"json": {"ids": [lost], "strict": True}}
    yield "The page cannot be had.", 502, {"method": "POST", "path": f"{BOOKMARKS}refresh/", **strict}


def add_a_route_that_fails():
    """Runs inside the service."""
    from shelf.main import app

    @app.get("/fails")
    async def fails():
        raise RuntimeError("kept in the drawer")
