"""Lesson 17: what strangers send, and what they can see."""

from workshop.testbed import because
from workshop.testbed.fuzz import Fuzzer, stay_home

SEED = 17
KINDS = ("/openapi.json", "/docs", "/redoc")
REFUSES = "the route, shelf/problems.py, and 'What nobody thinks of' in the lesson."
SWITCHES = "shelf/main.py, shelf/config.py, and 'Open only what was opened' in the lesson."


def test_a_fuzzer_finds_nothing(start_shelf):
    """A fuzzer that asks what the schema allows finds no 5xx, and no answer that the schema does not know."""
    shelf = start_shelf(inside=stay_home)
    caller = shelf.sign_up()
    schema = shelf.get("/openapi.json").expect(200).json
    number, findings = Fuzzer(schema, SEED).run(caller)
    first = findings[0] if findings else None
    assert first is None, because(
        saw=f"{number} requests found {len(findings)} faults. The first: {first.case}\nThe answer: {first.answer}",
        expected=f"an answer that the schema knows, and none from 500 on; here, {first.what}.",
        cause=why(shelf, first),
        look=REFUSES,
    )


def why(shelf, finding):
    """What the service says about it."""
    odd = f"`{finding.case.odd}` is odd here, and gets past the route. " if finding.case.odd else ""
    if (finding.answer.status or 0) < 500:
        return f"{odd}The route answers what its response model does not say."
    if any("0x00" in error["text"] or "\\u0000" in error["text"] for error in shelf.seen.errors):
        return f"{odd}PostgreSQL keeps no text with a NUL in it, and says so in an error that nobody handles."
    said = shelf.seen.errors[0]["type"] if shelf.seen.errors else "an error"
    return f"{odd}{said} came up, and nobody handles it. The service's log tells where."


def test_only_what_was_opened_is_open(start_shelf):
    """DEBUG is off and /docs is closed unless somebody says otherwise, and half a secret is not enough to start."""
    closed = start_shelf(env={"DOCS": "", "DEBUG": ""}, must_run=False)
    opened = start_shelf(env={"DOCS": "true"}, must_run=False)
    halves = {
        name: start_shelf(env={name: value}, must_run=False)
        for name, value in (("SECRET_KEY", ""), ("UPSTASH_REDIS_REST_TOKEN", ""), ("UPSTASH_REDIS_REST_URL", ""))
    }
    for path in KINDS:
        answer = closed.must_run().get(path)
        assert answer.status == 404, because(
            saw=f"DOCS is not set, and GET {path} answered {answer.status}.",
            expected="404: what a service can do is not told to everybody who finds it.",
            cause="FastAPI tells it unless it is asked not to."
            if opened.must_run().get("/openapi.json").status == 200
            else "the switch works the other way round.",
            look=SWITCHES,
        )
    answer = opened.must_run().get("/docs")
    assert answer.status == 200, because(
        saw=f"DOCS is true, and GET /docs answered {answer.status}.",
        expected="200: whoever develops wants to read it.",
        cause="/docs is closed for good, or the setting is not read.",
        look=SWITCHES,
    )
    errors_show_nothing(closed)
    for name, shelf in halves.items():
        half_is_refused(name, shelf)


def errors_show_nothing(shelf):
    """Fail the step if an error shows the inside."""
    caller = shelf.sign_up()
    shelf.fail_commits()
    answer = caller.post("/api/tags/", json={"name": "lost"})
    shown = next((word for word in ("Traceback", "sqlalchemy", ".py") if word in answer.text), None)
    fine = answer.status == 500 and not shown
    assert fine, because(
        saw=f"DEBUG is not set, and a COMMIT failed: {answer}",
        expected="a 500 that tells nothing of the inside.",
        cause="DEBUG is on unless somebody says otherwise."
        if shown
        else "an error of the database is told as one of the caller's, whatever it is about.",
        look=SWITCHES,
    )


def half_is_refused(name, shelf):
    """Fail the step if a service starts without this setting, or does not name it."""
    assert not shelf.ready, because(
        saw=f"{name} is missing, and Shelf has started all the same.",
        expected="a start that fails, and names it: a secret that was mistyped is found out now, and not in a month.",
        cause="there is a default for it."
        if name == "SECRET_KEY"
        else "half of an account is taken for none: Shelf runs without limits and without a cache, and nobody knows.",
        look=SWITCHES,
    )
    assert name in shelf.output + str(shelf.seen.failed), because(
        saw=f"{name} is missing, and the start fails without naming it: {shelf.output.strip()[-300:]}",
        expected="the name of what is missing.",
        cause="the error is raised by hand, and does not say which setting it is about.",
        look=SWITCHES,
    )
