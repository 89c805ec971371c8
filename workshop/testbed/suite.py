"""A learner's test suite: copied, run on the good service and on services with a planted bug, and what came of it."""

import contextlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from workshop.testbed.compiled import compiled
from workshop.testbed.host import printed_into
from workshop.testbed.process import begin, end
from workshop.testbed.service import scrubbed
from workshop.testbed.suite_host import SuiteSpec, main
from workshop.testbed.waiting import Waiter

Plant = Callable[[Path], None]
"""Changes the service in a folder."""
GUARD = 600.0
"""Seconds for a whole run. What hangs is noticed much earlier, by the process itself."""
ENDING = 5.0
"""Seconds that the interpreter may take to end when all is done."""
AT_ONCE = 2
NOT_COPIED = (".*", "__pycache__", "*.db", "*.db-*", "*.log", "*.pyc")
DEVELOPERS = "shelf.db"
"""The database that Shelf uses where nobody names another."""
TABLE = "whoever_runs_the_tests"
"""What stands in it before."""
IGNORED = ("__pycache__", ".pytest_cache")


@dataclass
class SuiteRun:
    """What was told of one run."""

    tests: int | None = None
    """How many tests were found; None where not all files could be imported."""
    passed: list[str] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    not_collected: list[dict[str, Any]] = field(default_factory=list)
    sleeps: list[dict[str, Any]] = field(default_factory=list)
    began: str = ""
    """The test that began last."""
    cut: dict[str, Any] | None = None
    """The event that says why the run was cut off: `broken`, `flooded`, `endless` or `slow`."""
    left: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, Any] | None = None
    over: bool = False
    """Whether the process has ended, or will not any more."""
    exit_code: int | None = None
    """None where the process did not end by itself."""
    output: str = ""

    @property
    def green(self) -> bool:
        """Whether tests ran, and all of them passed."""
        return bool(self.passed) and not (self.failed or self.not_collected or self.cut) and self.ended is not None

    def take(self, event: dict[str, Any]) -> None:
        """Note an event."""
        match event["event"]:
            case "collected":
                self.tests = event["tests"]
            case "begins":
                self.began = event["id"]
            case "test" if event["outcome"] == "passed":
                self.passed.append(event["id"])
            case "test" if event["outcome"] == "failed":
                self.failed.append(event)
            case "not collected":
                self.not_collected.append(event)
            case "sleeps":
                self.sleeps.append(event)
            case "broken" | "flooded" | "endless":
                self.cut = self.cut or event
            case "left":
                self.left = event
            case "ended":
                self.ended = event


@dataclass(frozen=True)
class Left:
    """What runs have left behind."""

    files: list[str]
    """New or changed files in the folder of the service, from there."""
    tables: dict[str, int]
    """What stands in the developer's database now: rows by table. Empty while nobody has touched it."""
    elsewhere: list[str]
    """Files in the folder for temporary ones, and in the home of whoever runs the tests."""

    def __bool__(self) -> bool:
        return bool(self.files or self.tables or self.elsewhere)


class Place:
    """A copy of the service and its tests, with a home and a folder for temporary files of its own."""

    def __init__(self, source: Path, room: Path) -> None:
        self.room = room
        self.folder = room / "shelf"
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for name in ("home", "tmp", "scratch"):
            (room / name).mkdir()
        with contextlib.closing(sqlite3.connect(self.folder / DEVELOPERS)) as connection, connection:
            connection.execute(f"CREATE TABLE {TABLE} (kept TEXT)")
        self._before = self._contents()

    @property
    def env(self) -> dict[str, str]:
        """The environment of whoever runs tests here: nothing in it is about Shelf."""
        tmp = str(self.room / "tmp")
        home = {"HOME": str(self.room / "home"), "TMPDIR": tmp, "TEMP": tmp, "TMP": tmp}
        return scrubbed(home | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})

    def left(self) -> Left:
        """Return what is not as it was."""
        now = self._contents()
        changed = sorted(name for name in now.keys() | self._before.keys() if now.get(name) != self._before.get(name))
        tables = self._tables() if DEVELOPERS in changed else {}
        elsewhere = [*_files(self.room / "tmp"), *_files(self.room / "home")]
        return Left([name for name in changed if not tables or not name.startswith(DEVELOPERS)], tables, elsewhere)

    def _contents(self) -> dict[str, bytes]:
        return {name: (self.folder / name).read_bytes() for name in _files(self.folder)}

    def _tables(self) -> dict[str, int]:
        try:
            with contextlib.closing(sqlite3.connect(self.folder / DEVELOPERS)) as connection:
                names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                if TABLE not in names:
                    return {"(what was there is gone)": 0}
                names.remove(TABLE)
                return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
        except sqlite3.Error:
            return {"(it cannot be read any more)": 0}


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if not any(part in IGNORED for part in path.parts))


class _Running:
    """One process that runs tests."""

    def __init__(self, place: Place, *, warm: bool = True, **how: Any) -> None:
        self.log = place.room / f"log-{how.get('worker', '')}"
        scratch, log = str(place.room / "scratch"), str(self.log)
        self.run = SuiteRun()
        code = compiled(place.folder) if warm else {}
        self.spec = SuiteSpec(str(place.folder.resolve()), scratch, log, place.env, code=code, **how)
        self._channel, theirs = Pipe()
        self.process: BaseProcess = begin(main, theirs, self.spec, warm=warm)
        theirs.close()
        self._thread = threading.Thread(target=self._listen, name="testbed-suite", daemon=True)
        self._thread.start()
        self.waits = False

    def go(self) -> None:
        """Let it begin the test that waits."""
        self.waits = False
        with contextlib.suppress(OSError):
            self._channel.send_bytes(b"go")

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError, ValueError):
            while True:
                event = json.loads(self._channel.recv_bytes())
                self.run.take(event)
                self.waits = self.spec.in_step and event["event"] == "begins"
        self.process.join(5)  # the pipe closes before the process can be reaped
        self.run.exit_code = self.process.exitcode
        self.run.over = True

    def close(self) -> None:
        by_itself = self.run.over
        end(self.process)
        self._thread.join(5)
        self.run.exit_code = self.run.exit_code if by_itself else None
        self._channel.close()
        if self.log.exists():
            self.run.output = printed_into(self.log)


class Suite:
    """The tests in `folder`, beside the service that they test; nothing is run in the folder itself."""

    def __init__(self, folder: Path, room: Path, **how: Any) -> None:
        """`room` is an empty folder for copies; `how` are fields of `SuiteSpec` for all runs."""
        self.folder = folder.resolve()
        self._how = how
        self.room = room
        self.waiter = Waiter()
        self._good: SuiteRun | None = None
        self._place: Place | None = None
        self._numbers = 0

    @property
    def place(self) -> Place:
        """The copy on which the good service is tested, time and again."""
        if self._place is None:
            self._place = Place(self.folder, self.room / "good")
        return self._place

    def sources(self) -> dict[str, str]:
        """Return the Python files below tests/, by path."""
        files = sorted((self.folder / "tests").rglob("*.py"))
        return {
            file.relative_to(self.folder).as_posix(): file.read_text(encoding="utf-8", errors="replace")
            for file in files
        }

    def on_the_good_service(self) -> SuiteRun:
        """Run the tests in their own order, once; whoever asks again gets what came of it."""
        if self._good is None:
            (self._good,) = self._run([self._start(self.place)], until_it_ends=True)
        return self._good

    def again(self) -> list[SuiteRun]:
        """Run the tests twice more in the same place, backwards and shuffled, at the same time, test beside test."""
        orders = {"gw0": "reversed", "gw1": "a seed"}
        return self._run(
            [self._start(self.place, order=order, worker=name, in_step=True) for name, order in orders.items()]
        )

    def from_nothing(self, waiter: Waiter) -> SuiteRun:
        """Run the tests in a process that has imported nothing beforehand; from another thread, too."""
        (run,) = self._run([self._start(self._copy("cold"), warm=False, quick_hashes=False)], waiter)
        return run

    def on(self, plant: Sequence[Plant], *, first: str = "", stops: bool = True) -> list[SuiteRun]:
        """Run the tests on services that are like this one but for what each of `plant` does to their folder.

        Tests in whose names the word `first` stands begin. The first failure ends a run if it `stops`. Some run at the
        same time.
        """
        runs: list[SuiteRun] = []
        for start in range(0, len(plant), AT_ONCE):
            running = []
            for change in plant[start : start + AT_ONCE]:
                place = self._copy()
                change(place.folder)
                running.append(self._start(place, first=first, stops=stops))
            runs += self._run(running)
        return runs

    def _start(self, place: Place, **how: Any) -> _Running:
        return _Running(place, **self._how | how)

    def _copy(self, name: str = "") -> Place:
        self._numbers += not name
        return Place(self.folder, self.room / (name or f"copy-{self._numbers}"))

    def _run(
        self, running: Sequence[_Running], waiter: Waiter | None = None, *, until_it_ends: bool = False
    ) -> list[SuiteRun]:
        waiter = waiter or self.waiter
        try:
            if not waiter.until(lambda: self._are_over(running), GUARD):
                for each in running:
                    each.run.cut = each.run.cut or ({"event": "slow"} if each.run.ended is None else None)
            if until_it_ends:
                waiter.until(lambda: all(each.run.over for each in running), ENDING)
        finally:
            for each in running:
                each.close()
        return [each.run for each in running]

    def _are_over(self, running: Sequence[_Running]) -> bool:
        over = [each.run.over or each.run.ended is not None for each in running]
        if all(each.waits or done for each, done in zip(running, over, strict=True)):
            for each in running:
                if each.waits:
                    each.go()
        return all(over)
