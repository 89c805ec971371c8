"""The process in which a learner's tests run: pytest, with few plugins, and everything that happens told on a pipe.

Nothing is read from what is printed: tests may print what they like.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from workshop.testbed import hashing
from workshop.testbed.host import print_into
from workshop.testbed.learner_code import import_from, is_importing, place_of_error, place_of_main_thread
from workshop.testbed.watchdog import OUTPUT_LIMIT, kept_from_running

PLUGINS = ("pytest_asyncio.plugin", "anyio.pytest_plugin", "pytest_timeout", "xdist")
QUIET = ("-p", "no:cacheprovider", "-p", "no:junitxml", "--color=no", "--tb=short", "-s", "-o", "addopts=")
PERIOD = 0.05


@dataclass(frozen=True)
class SuiteSpec:
    """Which tests to run, and how."""

    folder: str
    """The folder that holds `shelf/` and `tests/`; the process works there."""
    scratch: str
    """Where pytest keeps the temporary folders of tests."""
    log: str
    """The file that takes all that is printed."""
    env: dict[str, str]
    """The whole environment."""
    order: str = ""
    """`reversed`, or a seed by which the tests are shuffled; the order in which they stand without it."""
    worker: str = ""
    """Under which name pytest-xdist would run it, beside others: `gw0`."""
    first: str = ""
    """A word: tests in whose names it stands run before all others."""
    stops: bool = False
    """Whether the first failure ends it."""
    in_step: bool = False
    """Whether each test waits for a word of the grader's before it begins."""
    quick_hashes: bool = True
    busy: float = 4.0
    """Seconds of the processor's that one test may use, or the import of all files."""
    idle: float = 8.0
    """Seconds that one of them may do nothing, although it could."""
    code: dict[bytes, bytes] = field(default_factory=dict)
    """What the service's files compile to; see `compiled`."""


@dataclass
class _Teller:
    """The way to the grader."""

    channel: Connection
    lock: threading.Lock = field(default_factory=threading.Lock)
    told: int = 0
    """How many events."""
    waits: bool = False
    """Whether it is the grader's turn."""
    over: bool = False
    """Whether all has been told."""

    def tell(self, event: dict[str, Any]) -> None:
        """Send an event; when nobody listens any more, end."""
        try:
            with self.lock:
                self.told += 1
                self.channel.send_bytes(json.dumps(event).encode())
        except OSError:
            os._exit(0)

    def wait(self) -> None:
        """Wait for a word of the grader's; when it hangs up, end."""
        self.waits = True
        try:
            self.channel.recv_bytes()
        except (EOFError, OSError):
            os._exit(0)
        self.told, self.waits = self.told + 1, False


def main(channel: Connection, spec: SuiteSpec) -> None:
    """Run the tests, tell what happens, and end as Python ends: what still runs then is waited for."""
    teller = _Teller(channel)
    _prepare(spec)
    threading.Thread(target=_watch, args=(teller, spec), name="testbed-watch", daemon=True).start()
    from workshop.testbed.suite_plugin import Telling, tell_sleeps

    if spec.quick_hashes:
        with contextlib.suppress(ImportError):
            importlib.import_module("argon2.low_level")
        hashing.install(quick=True)
    tell_sleeps(Path(spec.folder) / "tests", teller.tell)
    import pytest

    try:
        code = int(pytest.main(_arguments(spec), [Telling(spec, teller)]))
    except BaseException as error:
        teller.tell({"event": "broken"} | described(Path(spec.folder), error))
        os._exit(1)
    teller.over = True
    teller.tell({"event": "ended", "code": code, "threads": _threads()})


def _threads() -> list[str]:
    """What the interpreter waits for before it ends."""
    ours = (threading.main_thread(), threading.current_thread())
    return [thread.name for thread in threading.enumerate() if not thread.daemon and thread not in ours]


def _prepare(spec: SuiteSpec) -> None:
    if sys.platform != "win32":
        os.setsid()  # a group of its own: its children can be ended with it, and ^C is not for it
    multiprocessing.current_process().daemon = False  # tests may have children
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    print_into(spec.log, spec.log)
    os.environ.clear()
    os.environ.update(spec.env)
    tempfile.tempdir = None  # it was found in another environment
    os.chdir(spec.folder)
    sys.argv = ["pytest"]
    sys.dont_write_bytecode = True
    import_from(Path(spec.folder), spec.code)


def _arguments(spec: SuiteSpec) -> list[str]:
    plugins = [word for name in PLUGINS for word in ("-p", name)]
    home = ["--rootdir", spec.folder, "--basetemp", os.path.join(spec.scratch, f"popen-{spec.worker or 'gw0'}")]
    return ["tests", *plugins, *QUIET, *home, *(["-x"] if spec.stops else [])]


def _watch(teller: _Teller, spec: SuiteSpec) -> None:
    """Notice when too much is printed, or one test goes on for ever.

    Neither a busy machine nor a slow test is accused: what counts is the processor's time that one test uses, or looks
    at a process that uses none although it could.
    """
    main_thread, folder = threading.main_thread().ident or 0, Path(spec.folder)
    began = before = time.process_time()
    told = idle = 0
    while not teller.over:
        time.sleep(PERIOD)
        used = time.process_time()
        idle = idle + 1 if used - before < PERIOD / 10 and not kept_from_running() else 0
        if told != teller.told or teller.waits or is_importing(folder, main_thread):
            began, idle, told = used, 0, teller.told
        before = used
        flooded = os.fstat(1).st_size > OUTPUT_LIMIT
        if flooded:
            os.ftruncate(1, 0)
        if flooded or idle * PERIOD > spec.idle or used - began > spec.busy:
            place = place_of_main_thread(folder, main_thread)
            teller.tell({"event": "flooded" if flooded else "endless", "place": place})
            os._exit(70)


def described(folder: Path, error: BaseException) -> dict[str, Any]:
    """Return what there is to say about an error, in a form that travels."""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    if missing := getattr(error, "argname", ""):  # pytest finds no fixture, and its error says nothing by itself
        said = f"there is no fixture {missing!r}"
    return {"type": type(error).__name__, "text": said[:1000], "place": place_of_error(folder, error)}
