"""A lesson whose service has migrations: what its steps, its cold start and `workshop serve` begin with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LESSON, make_course
from tests.test_plugin import run
from tests.test_serve import PROGRAM, SECONDS, said_until
from tests.tiny import MIGRATIONS
from workshop import layout
from workshop.course import Course
from workshop.testbed.network import closed_port

SERVICE = '''"""A service that counts its notes."""

import json
import os
import sqlite3


async def app(scope, receive, send):
    """Answer with the number of notes; the lifespan wants their table."""
    with sqlite3.connect(os.environ["DATABASE_URL"].partition("///")[2]) as connection:
        count = connection.execute("SELECT count(*) FROM notes").fetchone()[0]
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(count).encode()})


def create_app():
    """One more."""
    return app
'''
CHECKS = '''"""The steps."""

from workshop.testbed.database import Database


def test_a_fresh_database(shelf, database):
    """It has the tables, and no rows."""
    assert shelf.get("/").json == 0
    database.execute("INSERT INTO notes VALUES ('one')")


def test_each_has_its_own(start_shelf, database, tmp_path):
    """Nothing of another step is there; what is there already stays."""
    database.path.write_bytes(b"")
    database.execute("CREATE TABLE notes (text)")
    database.execute("INSERT INTO notes VALUES ('old')")
    assert start_shelf().get("/").json == 1
    other = Database(tmp_path / "other.db")
    assert start_shelf(env={"DATABASE_URL": other.url}).get("/").json == 0
    assert other.path.exists()


def test_each_app_has_its_own(start_shelf, tmp_path):
    """All of them made by the migrations."""
    shelf = start_shelf(environments=[{}, {}])
    assert [shelf.get("/", app=app).json for app in (0, 1)] == [0, 0]
    assert (tmp_path / "shelf-2.db").exists()


def test_an_empty_database(start_shelf, database):
    """On request."""
    assert not start_shelf(migrated=False, must_run=False).ready
    assert database.rows("SELECT name FROM sqlite_master") == []
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one lesson that migrates."""
    files = {f"lessons/lesson_01/{name}": text for name, text in MIGRATIONS.items()}
    files["lessons/lesson_01/lesson.toml"] = LESSON.format(1) + "migrates = true\n"
    files["lessons/lesson_01/shelf/main.py"] = SERVICE
    files["checks/lesson_01/test_it.py"] = CHECKS
    return make_course(tmp_path_factory.mktemp("course"), files)


def test_steps_begin_with_a_migrated_database(course: Course) -> None:
    """Each with one of its own; so does the cold start; and no bytecode is written."""
    ran = run(course)
    assert ran.returncode == 0, ran.stdout
    assert "4 of 4 steps pass" in ran.stdout
    assert not list((course.root / "work").rglob("__pycache__"))


def test_migrations_that_fail_fail_each_step(course: Course, tmp_path: Path) -> None:
    """With Alembic's words."""
    layout.lay_out(layout.solved(course, course.lesson(1)), tmp_path / "app")
    version = tmp_path / "app" / "shelf/migrations/versions/0001_notes.py"
    version.write_text(version.read_text().replace("sa.String", "sa.Sting"))
    ran = run(course, "--path", str(tmp_path / "app"), "--verdict", str(tmp_path / "verdict.json"))
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    reasons = [step["reason"] for step in verdict["tests"]]
    assert ran.returncode == 1
    assert all("`alembic upgrade head` failed: AttributeError" in reason["saw"] for reason in reasons[:3])
    assert reasons[3] is None


@pytest.mark.parametrize("broken", [False, True])
def test_serve_brings_its_database_up_to_date(course: Course, broken: bool) -> None:
    """And says so; where that fails, it does not start."""
    work = layout.ensure_work(course, course.lesson(1))
    version = work / "shelf/migrations/versions/0001_notes.py"
    text = MIGRATIONS["shelf/migrations/versions/0001_notes.py"]
    version.write_text(text.replace("sa.String", "]" if broken else "sa.String"))
    command = [sys.executable, "-c", PROGRAM, str(course.root), "serve", "1", "--port", str(closed_port())]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, **pipes)
    try:
        if broken:
            said = process.communicate(timeout=SECONDS)[0]
            assert process.returncode == 1
            assert "failed: SyntaxError" in said
            assert "versions/0001_notes.py, line 8" in said
        else:
            said = said_until(process, "/docs")
            assert "alembic upgrade head: the database" in said
            assert "shelf.db is up to date" in said
    finally:
        process.kill()
        process.communicate()
