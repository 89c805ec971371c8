"""A lesson whose service runs on PostgreSQL: its steps, earlier ones, its cold start, and `workshop serve`."""

import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LESSON, make_course
from tests.test_plugin import run
from tests.test_serve import PROGRAM, SECONDS, said_until
from tests.tiny import MIGRATIONS
from workshop.course import Course
from workshop.gate import data
from workshop.testbed import postgres_files
from workshop.testbed.databases import NoPostgresError
from workshop.testbed.network import closed_port
from workshop.testbed.waiting import Waiter

ENV = """import asyncio
import os

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    async with create_async_engine(os.environ["DATABASE_URL"]).connect() as connection:
        await connection.run_sync(migrate)


asyncio.run(main())
"""
SERVICE = '''"""A service that keeps notes, on any database; the lifespan wants their table."""

import os
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

INSERT = text("INSERT INTO notes VALUES (:text)")


def create_app():
    """One more."""
    engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=0, pool_pre_ping=True)

    @asynccontextmanager
    async def lifespan(app):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT count(*) FROM notes"))
        yield
        await engine.dispose()

    async def count(request):
        async with engine.connect() as connection:
            return JSONResponse((await connection.execute(text("SELECT count(*) FROM notes"))).scalar_one())

    async def add(request):
        try:
            async with engine.begin() as connection:
                await connection.execute(INSERT, dict(request.query_params))
        except DBAPIError as error:
            return JSONResponse(str(error.orig), 500)
        return JSONResponse(None, 201)

    routes = [Route("/", count), Route("/health", count), Route("/openapi.json", count)]
    return Starlette(routes=[*routes, Route("/", add, methods=["POST"])], lifespan=lifespan)


app = create_app()
'''
EARLIER = '''"""The steps of a lesson that knows of no PostgreSQL."""

import pytest


def test_a_fresh_database(shelf, database):
    """It has the tables, and no rows; what is written by one is read by the other."""
    assert shelf.get("/").expect(200).json == 0
    assert database.execute("INSERT INTO notes VALUES (?)", "one") == 1
    assert shelf.get("/").expect(200).json == 1
    shelf.post("/", params={"text": "two"}).expect(201)
    assert database.rows("SELECT text FROM notes ORDER BY text") == [("one",), ("two",)]


def test_commits_fail_and_wait(shelf, database, waiter):
    """As on SQLite."""
    shelf.fail_commits()
    assert "made to fail" in shelf.post("/", params={"text": "lost"}).expect(500).text
    held = shelf.hold_commits()
    waiting = shelf.start("POST", "/", params={"text": "late"})
    assert held.wait_for(1)
    assert database.rows("SELECT * FROM notes") == []
    held.release()
    added = waiting.answer().expect(201)
    assert len(added.statements) == 1
    assert waiter.until(lambda: shelf.connections_out() == 0)


def test_each_app_has_its_own(start_shelf, database):
    """All of them made by the migrations."""
    shelf = start_shelf(environments=[{}, {}])
    shelf.post("/", app=1, params={"text": "one"}).expect(201)
    assert [shelf.get("/", app=app).json for app in (0, 1)] == [0, 1]
    assert database.beside("shelf-2").rows("SELECT * FROM notes") == [("one",)]


def test_an_empty_database(start_shelf, database):
    """On request; and what is there already stays."""
    assert not start_shelf(migrated=False, must_run=False).ready
    database.execute("CREATE TABLE notes (text text)")
    database.execute("INSERT INTO notes VALUES ('old')")
    assert start_shelf().get("/").expect(200).json == 1


@pytest.mark.sqlite
def test_that_keeps_to_files(shelf, database):
    """It may use what only SQLite has."""
    assert ("notes",) in database.rows("SELECT name FROM sqlite_master")
    assert database.path.exists()
    assert shelf.get("/").expect(200).json == 0


def test_alembic(alembic, database):
    """Its commands, on the step's database."""
    alembic("upgrade head")
    assert database.rows("SELECT version_num FROM alembic_version") == [("0001",)]
'''
CHECKS = '''"""The steps of the lesson on PostgreSQL."""


def test_never_more_than_two(shelf, database):
    """Connections, whatever comes."""
    answers = [shelf.start("GET", "/") for _ in range(20)]
    assert {answer.answer().expect(200).json for answer in answers} == {0}
    assert database.wire.most <= 2


def test_killed_connections(shelf, database, waiter):
    """Are replaced."""
    shelf.get("/").expect(200)
    assert database.wire.kill() >= 1
    shelf.get("/").expect(200)
    shelf.stop()
    assert waiter.until(lambda: database.wire.open == 0)
'''


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    """Nothing of this can be tried where the package has no programs."""
    try:
        postgres_files.find_files()
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two lessons; from the second one on the service runs on PostgreSQL."""
    files = {f"lessons/lesson_01/{name}": text for name, text in MIGRATIONS.items()}
    files["lessons/lesson_01/shelf/migrations/env.py"] = ENV
    files["lessons/lesson_01/lesson.toml"] = LESSON.format(1) + "migrates = true\n"
    files["lessons/lesson_01/shelf/main.py"] = SERVICE
    files["checks/lesson_01/test_it.py"] = EARLIER
    files["lessons/lesson_02/lesson.toml"] = LESSON.format(2) + 'database = "postgresql"\n'
    files["checks/lesson_02/test_it.py"] = CHECKS
    return make_course(tmp_path_factory.mktemp("course"), files)


def test_steps_run_on_it(course: Course) -> None:
    """Those of earlier lessons too, on the service of a later one; so does the cold start."""
    ran = run(course, str(course.root / "checks" / "lesson_02"), "--solution")
    assert ran.returncode == 0, ran.stdout
    for later in ([], ["--service-of", "2"]):
        ran = run(course, str(course.root / "checks" / "lesson_01"), "--path", str(solved(course)), *later)
        assert "6 of 6 steps pass" in ran.stdout, ran.stdout


def solved(course: Course) -> Path:
    """The service, which is the same in both lessons."""
    return course.root / "lessons" / "lesson_01"


def test_migrations_that_fail_are_said(course: Course, tmp_path: Path) -> None:
    """In PostgreSQL's words, without ours around them."""
    shutil.copytree(solved(course), tmp_path / "app")
    version = tmp_path / "app" / "shelf/migrations/versions/0001_notes.py"
    version.write_text(version.read_text() + "    op.execute('SELECT a FROM b')\n")
    ran = run(course, "--path", str(tmp_path / "app"), "--service-of", "2")
    assert "`alembic upgrade head` failed:" in ran.stdout
    assert 'ProgrammingError: relation "b" does not exist' in ran.stdout, ran.stdout
    assert "0001_notes.py, line 9" in ran.stdout


def test_where_there_is_none_nothing_is_graded(course: Course) -> None:
    """No step fails for it, and none counts."""
    env = {"SHELF_TEST_POSTGRES": "postgresql://127.0.0.1:1/x"}
    ran = run(course, "--path", str(solved(course)), "--service-of", "2", **env)
    assert "Not graded    PostgreSQL cannot be had here: " in ran.stdout, ran.stdout
    assert "5 cannot be graded here" in ran.stdout, ran.stdout
    assert ran.returncode == 0


def test_it_is_handed_on(course: Course, tmp_path: Path) -> None:
    """To later lessons, and not to earlier ones; the gate knows the names."""
    assert [course.database(course.lesson(number)) for number in (1, 2)] == ["sqlite", "postgresql"]
    wrong = make_course(tmp_path, {"lessons/lesson_01/lesson.toml": LESSON.format(1) + 'database = "mysql"\n'})
    told = [defect.text for defect in data.defects(wrong, wrong.lesson(1))]
    assert "there is no kind of database mysql; there are sqlite, postgresql." in told


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's: what is kept is put there, also where root asks for it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_serve_keeps_what_is_in_it(course: Course, place: Path) -> None:
    """For the next time, in a folder of the lesson's."""
    course = Course(shutil.copytree(course.root, place / "course"))
    course.root.chmod(0o755)
    for expected in ("0", "1"):
        port = closed_port()
        command = [sys.executable, "-c", PROGRAM, str(course.root), "serve", "2", "--port", str(port)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, **pipes)
        try:
            assert "the database shelf in PostgreSQL is up to date" in said_until(process, "/docs")
            url = f"http://127.0.0.1:{port}/"
            assert urllib.request.urlopen(url, timeout=SECONDS).read().decode() == expected
            urllib.request.urlopen(f"{url}?text=one", data=b"", timeout=SECONDS).close()
        finally:
            process.kill()
            process.communicate()
        (kept,) = course.root.glob(".workshop/data/lesson_02/postgresql-*/data")
    assert Waiter().until(lambda: not (kept / "postmaster.pid").exists())
