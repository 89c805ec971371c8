"""Databases at a service's newest migration: `alembic upgrade head`, run once for a state of its files, then copied.

For steps it runs in a process that is forked from the warm parent, as the steps' services are; for the cold start that
a pass needs, and where no step is graded, in a process that has imported nothing beforehand.
"""

import hashlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workshop.testbed.alembic import Alembic
from workshop.testbed.databases import AnyDatabase
from workshop.testbed.explain_alembic import endless, failure, no_configuration
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.service import scrubbed
from workshop.testbed.waiting import Waiter

SECONDS = 60.0
REMEMBERED = 64
READ = ("alembic.ini", ".env")
COMMAND = "`alembic upgrade head`"
EXPECTED = "every migration runs, up to the newest one: Shelf is started on such a database."

RUN = 'from alembic.config import main; main(["upgrade", "head"], prog="alembic")'


@dataclass
class _Made:
    """A migrated database, and what made it."""

    copied_from: Any
    """What a database at the same place can be made from."""
    place: str
    env: Mapping[str, str]
    files: dict[str, str]
    """All files of the service: what those that took part held; of the others their names alone."""
    also_cold: bool = False
    """Whether the same was made in a process that had imported nothing beforehand."""

    def fits(self, place: str, env: Mapping[str, str], files: Mapping[str, str]) -> bool:
        same = all(files[name] == held for name, held in self.files.items() if held and name in files)
        return same and (place, env, files.keys()) == (self.place, self.env, self.files.keys())


_made: list[_Made] = []


class Migrations:
    """The migrations of the service in `folder`, run under `env`."""

    def __init__(self, folder: Path, env: Mapping[str, str], world: Mapping[str, str] | None = None) -> None:
        """`world` leads to stand-ins: more variables, whose values are others in each run and make no other schema."""
        self.folder = folder
        self.env = env
        self.world = dict(world or {})
        self._failed: dict[str, Reason] = {}
        self._lock = threading.Lock()

    def prepare(self, database: AnyDatabase, waiter: Waiter) -> None:
        """Make a database, migrated, unless it is there; fail the step where the migrations fail."""
        if not database.exists:
            database.put(self._template(database, waiter))

    def make_cold(self, database: AnyDatabase, waiter: Waiter) -> None:
        """Make a database as `prepare` does, but see that the migrations also run where nothing is imported beforehand.

        Fail where they do not. What has run so once is not run again.
        """
        files = _contents(self.folder)
        if any(made.also_cold for made in self._fitting(database, files)):
            self.prepare(database, waiter)
            return
        database.put()
        if reason := upgrade(self.folder, database, self.world | dict(self.env), waiter):
            raise StepFailed(reason)
        for made in self._fitting(database, files):
            made.also_cold = True

    def _template(self, database: AnyDatabase, waiter: Waiter) -> Any:
        with self._lock:
            if database.place in self._failed:
                raise StepFailed(self._failed[database.place])
            files = _contents(self.folder)
            found = next(iter(self._fitting(database, files)), None)
            if not found:
                found = self._make(database, files, waiter)
                _made[:] = [found, *_made[: REMEMBERED - 1]]
            return found.copied_from

    def _make(self, like: AnyDatabase, files: dict[str, str], waiter: Waiter) -> _Made:
        with like.making() as database:
            reason, imported = _run(self.folder, database, self.world | dict(self.env), waiter)
            if reason:
                self._failed[like.place] = reason
                raise StepFailed(reason)
            took_part = {name: held if _takes_part(name, imported, files) else "" for name, held in files.items()}
            return _Made(database.made(), like.place, self._variables, took_part)

    def _fitting(self, database: AnyDatabase, files: dict[str, str]) -> list[_Made]:
        return [made for made in _made if made.fits(database.place, self._variables, files)]

    @property
    def _variables(self) -> dict[str, str]:
        return dict.fromkeys(self.world, "") | dict(self.env)


def _run(folder: Path, database: AnyDatabase, env: Mapping[str, str], waiter: Waiter) -> tuple[Reason | None, set[str]]:
    """Run the migrations, warm; return why that failed, and the service's files that it has imported."""
    if not (folder / "alembic.ini").is_file():
        return no_configuration(), set()
    ran = Alembic(folder, env, database, waiter, []).attempt("upgrade head")
    if ran.code is None:
        return endless(COMMAND), set()
    if ran.code:
        return _failed(folder, database, ran.said + ran.out), set()
    inside = {_relative(folder, name) for name in ran.imported}
    return (_elsewhere() if database.is_empty else None), inside


def upgrade(folder: Path, database: AnyDatabase, env: Mapping[str, str], waiter: Waiter) -> Reason | None:
    """Run the migrations of the service in `folder` on `database`, cold; return why that failed, if it did."""
    if not (folder / "alembic.ini").is_file():
        return no_configuration()
    variables = scrubbed(dict(env) | {"DATABASE_URL": database.direct_url})
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        command = [sys.executable, "-c", RUN]
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT
        )
        try:
            ended = waiter.until(lambda: process.poll() is not None, SECONDS)
        finally:
            process.kill()
            code = process.wait()
        printed.seek(0)
        told = printed.read()
    if not ended:
        return endless(COMMAND)
    if code:
        return _failed(folder, database, told)
    return _elsewhere() if database.is_empty else None


def _failed(folder: Path, database: AnyDatabase, printed: str) -> Reason:
    return failure(folder, COMMAND, database.without_place(printed), {"expected": EXPECTED})


def _contents(folder: Path) -> dict[str, str]:
    """What each file of the service holds, in short."""
    files = [*(folder / name for name in READ), *sorted((folder / "shelf").rglob("*.*"))]
    files = [file for file in files if file.is_file() and file.suffix != ".pyc"]
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _takes_part(name: str, imported: set[str], files: Mapping[str, str]) -> bool:
    """Whether a file has made the database: Alembic's own, those beside `env.py` and below, and what they import."""
    folders = [parent.as_posix() for parent in PurePosixPath(name).parents]
    return name in READ or name in imported or any(f"{folder}/env.py" in files for folder in folders)


def _relative(folder: Path, file: str | Path) -> str:
    """The name of a file as seen from the folder; empty for one outside."""
    whole = Path(file).resolve()
    is_inside = whole.is_relative_to(folder.resolve()) and whole.is_file()
    return whole.relative_to(folder.resolve()).as_posix() if is_inside else ""


def _elsewhere() -> Reason:
    return Reason(
        saw=f"{COMMAND} ended well, but the database that DATABASE_URL names is not there, or empty.",
        expected=EXPECTED,
        cause="`env.py` takes the address of the database from somewhere else.",
        look="where `env.py` makes its engine.",
    )
