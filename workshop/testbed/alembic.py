"""Alembic's commands, run on the migrations of a graded service: each run in a process of its own, bounded in time."""

import inspect
import json
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

from workshop.testbed.counted import DIED, Commands
from workshop.testbed.counted import main as run_commands
from workshop.testbed.databases import AnyDatabase
from workshop.testbed.explain_alembic import endless, failure, no_configuration
from workshop.testbed.process import begin, end
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.service import scrubbed
from workshop.testbed.waiting import LOOK_UP, Waiter

SECONDS = 60.0
KEPT = 256 * 1024
"""Bytes that are kept of what is printed."""


@dataclass
class Ran:
    """What came of a run."""

    folder: Path
    command: str = ""
    """The last command in words, such as `alembic upgrade head`."""
    code: int | None = None
    """0 if it went well; None if it came to no end."""
    out: str = ""
    """What was printed to standard output: SQL, or a revision."""
    said: str = ""
    """What was printed beside it."""
    transactions: list[int] = field(default_factory=list)
    """How many rows each transaction changed that was committed."""
    most_rows: int = 0
    """How many rows were fetched at once, at most."""
    imported: list[str] = field(default_factory=list)
    """The files of all modules that were there in the end."""

    @property
    def died(self) -> bool:
        """Whether it was to die halfway, and did."""
        return self.code == DIED

    def expect_ok(self, **words: str) -> "Ran":
        """Return this if all went well; otherwise fail the step. `words` are parts of a reason that it knows better."""
        if self.code == 0:
            return self
        ended = self.code is not None
        printed = self.said + self.out  # "FAILED: ..." is printed as if it were a result
        raise StepFailed(failure(self.folder, self.command, printed, words) if ended else endless(self.command))


class Alembic:
    """Runs Alembic in `folder`, with the variables `env`, on `database` unless told another."""

    def __init__(
        self, folder: Path, env: Mapping[str, str], database: AnyDatabase, waiter: Waiter, never_ends: list[Reason]
    ) -> None:
        """`never_ends` takes the reason when a run does not end; later runs fail with it, without waiting again."""
        self._never_ends = never_ends
        self._folder = folder.resolve()
        self._env = env
        self._database = database
        self._waiter = waiter

    def __call__(self, *commands: str, **how: Any) -> Ran:
        """Run commands such as "upgrade head" one after the other; fail the step where one fails."""
        return self.attempt(*commands, **how).expect_ok()

    def attempt(
        self,
        *commands: str,
        database: "AnyDatabase | None" = None,
        url: str = "",
        dies_at: int | None = None,
        before: Callable[[], Any] | None = None,
    ) -> Ran:
        """Run commands; whoever calls this looks at what came of them.

        With `dies_at` the process dies at its n-th transaction that changes something, before that is committed.
        `before` is called in the process first; see `Service.ask` for its form.
        """
        if not (self._folder / "alembic.ini").is_file():
            raise StepFailed(no_configuration())
        if self._never_ends:
            raise StepFailed(self._never_ends[0])
        there = database or self._database
        there.put()
        env = scrubbed(dict(self._env) | {"DATABASE_URL": url or there.direct_url})
        ran = Ran(self._folder)
        with tempfile.TemporaryDirectory(prefix="shelf-alembic-") as place:
            split = [each.split() for each in commands]
            spec = Commands(str(self._folder), env, split, place, dies_at, _source(before) if before else "")
            ran.code = self._run(spec)
            ran.out, ran.said = end_of(Path(place, "out")), end_of(Path(place, "said"))
            counted = Path(place, "counted")
            numbers = json.loads(counted.read_text(encoding="utf-8")) if counted.exists() else {"command": -1}
        vars(ran).update(numbers | {"command": f"`alembic {commands[numbers['command']]}`"})
        if ran.code is None:
            self._never_ends.append(endless(ran.command))
        return ran

    def _run(self, spec: Commands) -> int | None:
        """Return the exit code; None if it came to no end."""
        process = begin(run_commands, spec, warm=True)
        try:
            rest = lambda: connection.wait([process.sentinel], LOOK_UP)  # noqa: E731
            ended = self._waiter.until(lambda: process.exitcode is not None, SECONDS, rest)
            return process.exitcode if ended else None
        finally:
            end(process)


def end_of(file: Path) -> str:
    """What a file holds, as text; of much, the end."""
    if not file.exists():
        return ""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - KEPT))
        return opened.read().decode("utf-8", errors="replace")


def _source(function: Callable[[], Any]) -> str:
    return textwrap.dedent(inspect.getsource(function))
