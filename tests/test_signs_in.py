"""Steps that know of no credentials, on a service of a later lesson that wants some."""

from pathlib import Path

from tests.conftest import LESSON, make_course
from tests.test_plugin import run

SIGNED = '''"""A service that answers only to those it knows."""

import json
from urllib.parse import parse_qs

names = []


async def answer(send, status, body):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    body, headers = (await receive())["body"], dict(scope["headers"])
    if scope["path"] == "/api/accounts/":
        name = json.loads(body)["username"]
        known = name in names
        names.append(name)
        await answer(send, 409 if known else 201, {})
    elif scope["path"] == "/api/auth/token":
        await answer(send, 200, {"access_token": parse_qs(body.decode())["username"][0]})
    else:
        await answer(send, 200, [headers.get(b"authorization", b"nobody").decode(), names])


def create_app():
    return app
'''
CHECKS = '''"""The steps."""


def test_who_asks(shelf):
    """Somebody, where the API is asked; and whoever the step says."""
    assert shelf.get("/health").json == ["nobody", []]
    assert shelf.get("/api/bookmarks/").json == ["Bearer everybody", ["everybody"]]
    assert shelf.get("/api/x", headers={"Authorization": "Token t"}).json[0] == "Token t"
    assert shelf.sign_up("reader").get("/health").json[0] == "Bearer reader"
    assert shelf.sign_up("reader").token == "reader"


def test_what_is_held(start_shelf):
    """The account is there before commits are held, in each app."""
    shelf = start_shelf(environments=[{}, {}])
    shelf.fail_commits()
    assert [shelf.get("/health", app=app).json[1] for app in (0, 1)] == [["everybody"] * 2] * 2
'''


def test_steps_of_earlier_lessons_are_signed_in(tmp_path: Path) -> None:
    """On a service of a lesson that says `signs_in`, and only there."""
    lesson = {"lessons/lesson_01/shelf/main.py": SIGNED, "checks/lesson_01/test_it.py": CHECKS}
    course = make_course(tmp_path, lesson | {"lessons/lesson_02/lesson.toml": LESSON.format(2) + "signs_in = true\n"})
    told = run(course, "--solution", "--service-of", "2")
    assert told.returncode == 0, told.stdout
    assert "nobody" in run(course, "--solution").stdout
