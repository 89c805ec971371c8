"""Databases at a service's newest migration: `alembic upgrade head`, run once for a state of its files, then copied."""

import hashlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workshop.testbed.databases import AnyDatabase
from workshop.testbed.explain_alembic import endless, failure, no_configuration
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.service import scrubbed
from workshop.testbed.waiting import Waiter

SECONDS = 60.0
REMEMBERED = 8
READ = ("alembic.ini", ".env")
COMMAND = "`alembic upgrade head`"
EXPECTED = "every migration runs, up to the newest one: Shelf is started on such a database."

RUN = """import sys
from alembic.config import main
try:
    main(["upgrade", "head"], prog="alembic")
finally:
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    with open(sys.argv[1], "w", encoding="utf-8") as told:
        told.write("\\n".join(files))
"""
"""`alembic upgrade head`; it tells which files it has imported."""


@dataclass
class _Made:
    """A migrated database, and what made it."""

    copied_from: Any
    """What a database at the same place can be made from."""
    place: str
    env: Mapping[str, str]
    files: dict[str, str]
    """All files of the service: what those that took part held; of the others their names alone."""

    def fits(self, place: str, env: Mapping[str, str], files: Mapping[str, str]) -> bool:
        same = all(files[name] == held for name, held in self.files.items() if held and name in files)
        return same and (place, env, files.keys()) == (self.place, self.env, self.files.keys())


_made: list[_Made] = []


class Migrations:
    """The migrations of the service in `folder`, run under `env`."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env
        self._failed: dict[str, Reason] = {}
        self._lock = threading.Lock()

    def prepare(self, database: AnyDatabase, waiter: Waiter) -> None:
        """Make a database, migrated, unless it is there; fail the step where the migrations fail."""
        if not database.exists:
            database.put(self._template(database, waiter))

    def _template(self, database: AnyDatabase, waiter: Waiter) -> Any:
        with self._lock:
            if database.place in self._failed:
                raise StepFailed(self._failed[database.place])
            files = _contents(self.folder)
            found = next((made for made in _made if made.fits(database.place, self.env, files)), None)
            if not found:
                found = self._make(database, files, waiter)
                _made[:] = [found, *_made[: REMEMBERED - 1]]
            return found.copied_from

    def _make(self, like: AnyDatabase, files: dict[str, str], waiter: Waiter) -> _Made:
        with like.making() as database:
            reason, imported = _run(self.folder, database, self.env, waiter)
            if reason:
                self._failed[like.place] = reason
                raise StepFailed(reason)
            took_part = {name: held if _takes_part(name, imported, files) else "" for name, held in files.items()}
            return _Made(database.made(), like.place, self.env, took_part)


def upgrade(folder: Path, database: AnyDatabase, env: Mapping[str, str], waiter: Waiter) -> Reason | None:
    """Run the migrations of the service in `folder` on `database`; return why that failed, None where it did not."""
    return _run(folder, database, env, waiter)[0]


def _run(folder: Path, database: AnyDatabase, env: Mapping[str, str], waiter: Waiter) -> tuple[Reason | None, set[str]]:
    """Run the migrations; return why that failed, and the service's files that it has imported."""
    if not (folder / "alembic.ini").is_file():
        return no_configuration(), set()
    variables = scrubbed(dict(env) | {"DATABASE_URL": database.direct_url})
    with tempfile.TemporaryDirectory(prefix="shelf-alembic-") as place, Path(place, "printed").open("wb") as printed:
        command = [sys.executable, "-c", RUN, f"{place}/imported"]
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT
        )
        try:
            ended = waiter.until(lambda: process.poll() is not None, SECONDS)
        finally:
            process.kill()
            code = process.wait()
        told = Path(place, "printed").read_text(encoding="utf-8", errors="replace")
        imported = Path(place, "imported").read_text(encoding="utf-8") if ended and not code else ""
    if not ended:
        return endless(COMMAND), set()
    if code:
        return failure(folder, COMMAND, database.without_place(told), {"expected": EXPECTED}), set()
    inside = {_relative(folder, name) for name in imported.splitlines()}
    return (_elsewhere() if database.is_empty else None), inside


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
