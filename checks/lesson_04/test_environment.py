"""Lesson 04: what can be said from outside, and what is said when it is wrong."""

import random
import re

from workshop.testbed import because

HEALTH = "/health"
CONFIG = "shelf/config.py, and 'The settings' in the lesson."
WRONG = "shelf/config.py and the end of shelf/main.py, and 'When a setting is wrong' in the lesson."
BOUNDS = (
    ("PAGE_SECONDS", "0", False),
    ("PAGE_SECONDS", "3600", True),
    ("PAGE_SECONDS", "3601", False),
    ("REFRESH_SECONDS", "-3", False),
    ("REFRESH_SECONDS", "3601", False),
    ("REFRESH_AT_ONCE", "0", False),
    ("REFRESH_AT_ONCE", "1", True),
    ("REFRESH_AT_ONCE", "100", True),
    ("REFRESH_AT_ONCE", "101", False),
)
"""A variable, its value, and whether an app is created."""
FRAME = re.compile(r"^(?:  File .*| {4}.*)\n?", re.MULTILINE)
"""Lines of a traceback that quote the code: what they name, no message has named."""


def test_settings_come_typed_from_the_environment(start_shelf):
    """Settings come from the environment, typed: a comma list is a list, "false" is false."""
    near, far = origin("near"), origin("far")
    variables = {"CORS_ORIGINS": f"{near} , , {far}", "DEBUG": "false"}
    shelf = start_shelf(env=variables, inside=add_a_route_that_fails, must_run=False)
    debugging = start_shelf(env={"DEBUG": "1"}, inside=add_a_route_that_fails, must_run=False)
    assert shelf.ready, no_start(shelf, f"CORS_ORIGINS is {variables['CORS_ORIGINS']!r}, DEBUG is 'false'.")

    for listed in (near, far):
        assert allows(shelf, listed), not_allowed(listed, variables["CORS_ORIGINS"])
    for stranger in (near.removesuffix("le"), near + " ,", origin("else")):
        assert not allows(shelf, stranger), let_in(stranger, variables["CORS_ORIGINS"])
    assert not shows_the_inside(shelf), because(
        saw="DEBUG is 'false', and the answer to an error shows the inside of the service.",
        expected="500 and no word on why, as with 0, no and off.",
        cause="a variable is text, and `bool` of any text but the empty one is true.",
        look=CONFIG,
    )
    assert shows_the_inside(debugging), because(
        saw="DEBUG is '1', and the answer to an error does not show the traceback.",
        expected="the traceback, as FastAPI(debug=True) shows it.",
        cause="`debug` is not handed to FastAPI, or only one spelling of yes is understood.",
        look="`create_app` in shelf/main.py.",
    )
    assert not allows(debugging, near), because(
        saw=f"CORS_ORIGINS is not set, and a page of {near} may call the API.",
        expected="no Access-Control-Allow-Origin header: without the variable, no origin is allowed.",
        cause="the default of `cors_origins` is not an empty list.",
        look=CONFIG,
    )


def test_a_file_speaks_where_the_environment_is_silent(start_shelf, tmp_path):
    """A file `.env` speaks where the environment is silent; what Shelf does not know there is ignored."""
    in_file, in_environment = origin("file"), origin("environment")
    text = f"CORS_ORIGINS={in_file}\nPAGE_SECONDS=7\nEDITOR_THEME=dark\n"
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    shelf = start_shelf(must_run=False)
    told = start_shelf(env={"CORS_ORIGINS": in_environment}, must_run=False)
    assert shelf.ready, because(
        saw=f"The file .env holds EDITOR_THEME, which is no setting of Shelf, and Shelf does not start.\n{said(shelf)}",
        expected="a start: other programs keep lines in that file, too.",
        cause='pydantic-settings refuses what it does not know in a file, unless told `extra="ignore"`.',
        look=CONFIG,
    )

    assert allows(shelf, in_file), because(
        saw=f"The file .env in the working folder says CORS_ORIGINS={in_file}, and a page of {in_file} may not call.",
        expected="the line counts like a variable: the answer carries Access-Control-Allow-Origin.",
        cause="the file is not read, or it is looked for in another folder than the one that Shelf runs in.",
        look=CONFIG,
    )
    assert [allows(told, each) for each in (in_environment, in_file)] == [True, False], because(
        saw=f"The file says CORS_ORIGINS={in_file}, the environment {in_environment}, and the file has its way.",
        expected="the environment wins; the file speaks only where it is silent.",
        cause="the file is read last, or loaded over the environment.",
        look=CONFIG,
    )


def test_a_bad_setting_stops_the_start(start_shelf):
    """A bad setting stops the start with its name, and no secret is in the message."""
    secret = f"canary-{random.randrange(16**12):012x}"
    long_secret = secret + "-" + "x" * 32
    bad = {
        "PAGE_SECONDS": random.choice(["soon", "0", "-3"]),
        "REFRESH_AT_ONCE": random.choice(["0", "2.5", "101"]),
        "DEBUG": random.choice(["perhaps", "2"]),
        "SECRET_KEY": secret,
    }
    started = {name: start_shelf(env={"SECRET_KEY": long_secret, name: bad[name]}, must_run=False) for name in bad}
    shelf = start_shelf(env={"SECRET_KEY": long_secret}, must_run=False)
    for name, value in bad.items():
        shown = "too short" if name == "SECRET_KEY" else repr(value)
        stops_and_says_why(started[name], name, shown, secret)

    for name, value, allowed in BOUNDS:
        refused = shelf.ask(create_an_app, name, value)
        assert bool(refused) != allowed, at_a_bound(name, value, refused)
    printed = shelf.ask(print_the_settings)
    assert secret not in printed, because(
        saw="SECRET_KEY stands in what print(settings) shows.",
        expected="stars, or nothing: settings end up in logs sooner or later.",
        cause="`secret_key` is a plain `str`.",
        look=CONFIG,
    )


# What the steps share


def origin(name):
    """An origin that no other run has."""
    return f"https://{name}-{random.randrange(16**4):04x}.example"


def allows(shelf, origin):
    """Whether a browser page of this origin may read an answer."""
    answer = shelf.get(HEALTH, headers={"Origin": origin}).expect(200)
    return answer.headers.get("access-control-allow-origin") in (origin, "*")


def add_a_route_that_fails():
    """Runs inside the service."""
    from shelf.main import app

    @app.get("/fails")
    async def fails():
        raise RuntimeError("kept in the drawer")


def shows_the_inside(shelf):
    """Whether the answer to an error says what the error was."""
    return "kept in the drawer" in shelf.get("/fails").expect(500).text


def create_an_app(name, value):
    """Runs inside the service: returns why no app was created under this variable, nothing if one was."""
    import os

    from shelf.main import create_app

    before = os.environ.get(name)
    os.environ[name] = value
    try:
        create_app()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def at_a_bound(name, value, refused):
    """Fail the step: a setting on the wrong side of its bound is taken, or one on the right side is not."""
    starts = "Shelf starts all the same: create_app() returns an app"
    because(
        saw=f"{name} is {value!r}, and {f'create_app() refuses it: {refused}' if refused else starts}.",
        expected="an app: the value lies within the bounds." if refused else "an error: the value is out of bounds.",
        cause="the bounds in the annotation are not those of the lesson's table: `gt` or `ge`, `lt` or `le`.",
        look=CONFIG,
    )


def print_the_settings():
    """Runs inside the service."""
    from shelf.config import Settings

    settings = Settings()
    return f"{settings} {settings!r}"


def stops_and_says_why(shelf, name, shown, secret):
    """Fail the step unless the start was stopped with this setting's name, and without the secret."""
    assert not shelf.ready, because(
        saw=f"{name} is {shown}, and Shelf starts all the same.",
        expected="no start: whoever set it believes that it counts.",
        cause="the value is not looked at when the app is created, or its bounds are not; or the error is swallowed.",
        look=WRONG,
    )
    words = said(shelf)
    hidden = words.replace(secret, "(the secret)")
    assert secret not in words + shelf.output, because(
        saw=f"SECRET_KEY stands in what Shelf printed when {name} was {shown}.",
        expected="the names of settings, and nothing of what was given: the message ends up in logs.",
        cause="Pydantic's ValidationError prints what was given; so does a traceback that shows the error it came from."
        " Set `hide_input_in_errors`, or say `loc` and `msg` alone.",
        look=WRONG,
    )
    assert name in words.upper(), because(
        saw=f"{name} is {shown}, and Shelf does not start. It says: {hidden or 'nothing'}",
        expected=f"a message that names {name}.",
        cause="an error of `float` or `int` knows the value, not the variable; or the message leaves `loc` out.",
        look=WRONG,
    )


def said(shelf):
    """What the service said about its failed start, without lines of code."""
    failed = shelf.seen.failed or {}
    text = failed.get("text", "")
    printed = FRAME.sub("", shelf.output)
    return text if text in printed and text.count("\n") else f"{text}\n{printed}".strip()


def no_start(shelf, given):
    """Fail the step: these settings are right, and the service does not start."""
    because(
        saw=f"{given} Shelf does not start.\n{said(shelf)}",
        expected="a start: both are right.",
        cause="pydantic-settings takes the text of a list for JSON before a validator sees it; `NoDecode` stops that.",
        look=CONFIG,
    )


def not_allowed(listed, variable):
    """Fail the step: a listed origin is turned away."""
    because(
        saw=f"CORS_ORIGINS is {variable!r}, and a page of {listed} may not call the API.",
        expected="an Access-Control-Allow-Origin header for every origin in the list.",
        cause="the parts keep the blanks around them, or the list never reaches CORSMiddleware.",
        look=CONFIG,
    )


def let_in(stranger, variable):
    """Fail the step: an origin that is not listed may call."""
    because(
        saw=f"CORS_ORIGINS is {variable!r}, and a page of {stranger!r} may call the API.",
        expected="no Access-Control-Allow-Origin header: it is none of the two.",
        cause="`cors_origins` is still one string, and `in` finds every piece of a string; or all are let in (`*`).",
        look=CONFIG,
    )
