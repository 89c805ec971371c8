"""Running Shelf for a browser: which files, which world around them, and an end that leaves nothing behind."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson
from workshop.report import Line
from workshop.screen import Screen, shown
from workshop.signals import terminable
from workshop.testbed.database import Database
from workshop.testbed.databases import AnyDatabase, NoPostgresError
from workshop.testbed.world import World

PORT = 8000
PATIENCE = 5.0
"""Seconds for an orderly end; a service whose event loop stands still never comes to one."""


def serve(course: Course, lesson: Lesson, screen: Screen, *, solution: bool = False, port: int = PORT) -> int:
    """Serve the learner's Shelf, or the solved one, on 127.0.0.1 until ^C; return the exit code.

    0 when it was ended, 1 when it does not start or ends by itself, 2 when the port cannot be had.
    """
    data = course.root / ".workshop" / "data" / (lesson.name + ("-solution" if solution else ""))
    data.mkdir(parents=True, exist_ok=True)
    try:
        with _database(course, lesson, data) as database:
            return _serve(course, lesson, screen, data, database, solution=solution, port=port)
    except NoPostgresError as error:
        screen.say(str(error))
        return 1


def _serve(
    course: Course, lesson: Lesson, screen: Screen, data: Path, database: AnyDatabase, *, solution: bool, port: int
) -> int:
    with _files(course, lesson, solution) as folder, world(course, lesson, port) as env:
        env = {"DATABASE_URL": database.direct_url} | env
        if names := course.world(lesson):
            screen.line(f"Stand-ins run beside it and forget everything when it ends: {', '.join(names)}.")
        if course.migrates(lesson) and not _migrated(folder, database, env, lesson, screen):
            return 1
        spec = {
            "folder": str(folder),
            "port": port,
            "words": f"Shelf of lesson {lesson.number:02}, {'solved' if solution else 'with your files'}",
            "again": f"uv run workshop serve {lesson.number}{' --solution' if solution else ''} --port {port + 1}",
            "check": f"uv run workshop check {lesson.number}",
        }
        command = [sys.executable, "-m", "workshop.browse", json.dumps(spec)]
        # Its standard input is the thread it hangs by: when this process is gone, however that came, so is that one.
        child = subprocess.Popen(command, cwd=data, env=os.environ | env, stdin=subprocess.PIPE)
        return _until_ended(child, screen)


@contextlib.contextmanager
def _database(course: Course, lesson: Lesson, data: Path) -> Iterator[AnyDatabase]:
    """Yield the database of a lesson's service; what is in it stays in the folder `data`."""
    if course.database(lesson) == "sqlite":
        yield Database(data / "shelf.db")
        return
    from workshop.testbed.postgres_database import kept_database

    with kept_database(data) as database:
        yield database


@contextlib.contextmanager
def world(course: Course, lesson: Lesson, port: int) -> Iterator[dict[str, str]]:
    """Yield the environment that a lesson's service on this port needs; what stands behind it runs meanwhile.

    Of what lesson.toml sets, a variable that is set here wins: who serves may want to see what another value does.
    """
    said = {name: os.environ.get(name, value) for name, value in course.served_env(lesson).items()}
    with World(automatic=True, public_url=f"http://127.0.0.1:{port}") as stand_ins:
        yield stand_ins.env(course.world(lesson)) | said


@contextlib.contextmanager
def _files(course: Course, lesson: Lesson, solution: bool) -> Iterator[Path]:
    if not solution:
        yield layout.ensure_work(course, lesson)
        return
    with tempfile.TemporaryDirectory(prefix="shelf-served-") as folder:
        layout.lay_out(layout.solved(course, lesson), Path(folder) / lesson.name)
        yield Path(folder) / lesson.name


def _migrated(folder: Path, database: AnyDatabase, env: dict[str, str], lesson: Lesson, screen: Screen) -> bool:
    """Bring the served database up to date, and say so; False, in words, where that fails."""
    from workshop.testbed.migrations import upgrade
    from workshop.testbed.waiting import Waiter

    reason = upgrade(folder, database, env, Waiter())
    if reason:
        again = f"More about it: uv run workshop check {lesson.number}"
        screen.lines(Line(text) for text in (reason.saw, f"Look at: {reason.look}", again))
    else:
        name = shown(database.path) if isinstance(database, Database) else f"{database.name} in PostgreSQL"
        screen.line(f"alembic upgrade head: the database {name} is up to date.")
    return reason is None


def _until_ended(child: "subprocess.Popen[bytes]", screen: Screen) -> int:
    try:
        with terminable():
            return 1 if (code := child.wait()) not in (0, 2) else code
    except KeyboardInterrupt:
        screen.line()
        if os.name == "posix":
            child.terminate()  # ^C has reached it already, but a signal sent to this process alone has not
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(PATIENCE)
        return 0
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
            screen.say("Shelf did not end by itself, so it was stopped: something in it stands still.")
