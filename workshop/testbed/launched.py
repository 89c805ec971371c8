"""Shelf as a server starts it: `python -m shelf`, with its workers, until a signal ends it."""

import contextlib
import itertools
import json
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]

from workshop.testbed.client import Answer, Client, Pending
from workshop.testbed.host import print_into, printed_into
from workshop.testbed.learner_code import import_from
from workshop.testbed.network import lasting_port
from workshop.testbed.process import CAN_FORK, begin, end
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.service import scrubbed
from workshop.testbed.speaker import Speaker
from workshop.testbed.waiting import Waiter

START_GUARD = 60.0
COMMAND = "`python -m shelf`"
LOOK = "shelf/__main__.py"


@dataclass(frozen=True)
class Start:
    """What to run, and where."""

    folder: str
    """The folder that holds the package `shelf`."""
    data: str
    """The working folder."""
    log: str
    """The file that takes all that it prints."""
    env: dict[str, str]
    """The whole environment."""


def run_module(start: Start) -> None:
    """Be `python -m shelf`, in this process, to the end."""
    if sys.platform != "win32":
        os.setsid()
    multiprocessing.current_process().daemon = False  # workers are its children
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - uvicorn's workers ask for its number
    print_into(start.log, start.log)
    os.environ.clear()
    os.environ.update(start.env)
    os.chdir(start.data)
    sys.argv = ["shelf"]
    import_from(Path(start.folder))
    _fork_workers()
    runpy.run_module("shelf", run_name="__main__", alter_sys=True)


def _fork_workers() -> None:
    """Let uvicorn fork its workers where that can be: each would import everything anew, which takes two seconds.

    And let it replace none that does not answer in time: a check may have made it stand still, see `only`.
    """
    if CAN_FORK:
        from uvicorn import _subprocess
        from uvicorn.supervisors.multiprocess import Process

        _subprocess.spawn = multiprocessing.get_context("fork")  # type: ignore[assignment, unused-ignore]
        Process.ping = lambda self, timeout=0.0: True  # type: ignore[method-assign]


class Launched(Speaker):
    """`python -m shelf` in `folder`, told by PORT where to listen, until `close`."""

    def __init__(
        self, folder: Path, data: Path, *, env: Mapping[str, str], waiter: Waiter, preload: bool = True
    ) -> None:
        """Begin to start it, and return at once. `data` is its working folder."""
        self.port = lasting_port()
        self.waiter = waiter
        self.log = Path(tempfile.mkstemp(prefix="shelf-", suffix=".log")[1])
        self._numbers = itertools.count(1)
        self._client: Client | None = None
        told = scrubbed({"PYTHONPATH": str(folder.resolve()), **env, "HOST": "127.0.0.1", "PORT": str(self.port)})
        start = Start(str(folder.resolve()), str(data), str(self.log), told)
        self._process = begin(run_module, start, warm=preload)

    # Starting and ending

    def must_run(self) -> "Launched":
        """Wait until somebody listens; fail the step where nobody will."""
        if self._client is None:
            self.waiter.until(lambda: self.gone or self.listens, START_GUARD)
            if self.gone or not self.listens:
                raise StepFailed(self._no_start())
            self._client = Client(f"http://127.0.0.1:{self.port}")
        return self

    @property
    def listens(self) -> bool:
        """Whether somebody takes connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5):
            return True
        return False

    @property
    def gone(self) -> bool:
        """Whether the process has ended."""
        return self._process.exitcode is not None

    @property
    def exit_code(self) -> int | None:
        """How it ended, as a shell tells it: 0, or 128 and the number of the signal; None while it runs."""
        code = self._process.exitcode
        return code if code is None or code >= 0 else 128 - code

    @property
    def refused(self) -> bool:
        """Whether it never came to serve."""
        return self.gone and self._client is None

    def terminate(self) -> None:
        """Send SIGTERM, as whoever runs services does."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)

    def close(self) -> None:
        """End it and its workers at once."""
        if self._client:
            self._client.close()
        end(self._process)
        self.log.unlink(missing_ok=True)

    # Speaking

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it has printed (of much, the end)."""
        return printed_into(self.log)

    def start(self, method: str, path: str, *, app: int = 0, **request: Any) -> Pending:
        """Send a request and return at once; keywords as in httpx."""
        self.must_run()
        assert self._client is not None
        blank = Answer(method, path, number=next(self._numbers), explain=self._unexpected)
        return Pending(self._client.send(blank, **request), self.waiter, Answer(method, path, explain=self._unexpected))

    # Workers

    def workers(self) -> list[int]:
        """Return the ids of the processes that may serve: the one that was started, or its children."""
        assert self._process.pid is not None
        with contextlib.suppress(psutil.Error):
            started = psutil.Process(self._process.pid)
            children = [each.pid for each in started.children() if not _is_tracker(each)]
            return children or [started.pid]
        return []

    @contextlib.contextmanager
    def only(self, worker: int) -> Iterator["Launched"]:
        """Let all other workers stand still, so that this one takes what comes."""
        others = [psutil.Process(each) for each in self.workers() if each != worker]
        for other in others:
            other.suspend()
        try:
            yield self
        finally:
            for other in others:
                with contextlib.suppress(psutil.Error):
                    other.resume()

    # Words

    def _no_start(self) -> Reason:
        last = [line for line in self.output.splitlines() if line.strip()][-1:]
        said = f", and said: {_shown(last[0])}" if last else " without a word"
        ended = f"{COMMAND} ended with {self.exit_code}{said}" if self.gone else f"{COMMAND} does not listen on PORT"
        return Reason(
            saw=f"{ended}.",
            expected="a server on 127.0.0.1, at the port that PORT names, that goes on until a signal ends it.",
            cause="it heeds another setting, or none; or an error keeps it from starting.",
            look=f"{LOOK}, and '`python -m shelf`' in the lesson.",
        )

    def _unexpected(self, answer: Answer, statuses: tuple[int, ...]) -> Reason:
        errors = [line for line in self.output.splitlines() if '"ERROR"' in line or "Error" in line][-1:]
        return Reason(
            saw=f"{answer}" + (f"\nIts log says: {_shown(errors[0])}" if errors else ""),
            expected=f"{' or '.join(map(str, statuses))}.",
            cause="the route decides on another status, or fails." if answer.answered else "nobody serves any more.",
            look=f"the route {answer.method} {answer.path.partition('?')[0]}, and {LOOK}.",
        )


def _is_tracker(process: psutil.Process) -> bool:
    """Whether it is a helper of multiprocessing's, which serves nobody."""
    try:
        return "resource_tracker import" in " ".join(process.cmdline())
    except psutil.Error:
        return True


def _shown(line: str) -> str:
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        said = json.loads(line)
        return str(said.get("exception", said["message"]).strip().splitlines()[-1])[:300]
    return line[:300]


Launch = Callable[..., Launched]
