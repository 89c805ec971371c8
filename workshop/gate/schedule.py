"""Running cases side by side, in worker processes."""

import gc
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from workshop.course import Course
from workshop.gate.cases import Case
from workshop.gate.defect import Defect
from workshop.gate.workers import LostError, Workers
from workshop.testbed.process import warm_up

SECONDS = 300.0
"""What a case may take. None comes near; it ends what would hang."""


class Watcher:
    """Hears what the gate does, from several threads; this one keeps it to itself."""

    def plan(self, cases: int) -> None:
        """Hear how many cases will run."""

    def begin(self, case: Case) -> None:
        """Hear that a case begins."""

    def end(self, case: Case) -> None:
        """Hear that a case has ended."""


def run(
    course: Course, cases: Iterable[Case], watcher: Watcher, *, jobs: int | None = None, seconds: float = SECONDS
) -> Iterator[tuple[str, list[Defect]]]:
    """Run the cases, `jobs` at a time; yield each case's name with its defects.

    Without `jobs` there are half as many more as there are processors: a step that fails often waits before it does.

    A case that dies or takes more than `seconds` is a defect, and costs no other case.
    """
    queues = [list(members) for _, members in groupby(sorted(cases, key=attrgetter("queue")), attrgetter("queue"))]
    # The longest queue first: nobody should wait for it in the end.
    queues.sort(key=lambda members: sum(case.size for case in members), reverse=True)
    number = max(1, min(jobs or (os.cpu_count() or 1) * 3 // 2, len(queues)))
    warm = partial(prepare, course.preload(course.lessons[-1]))
    with Workers(number, warm) as workers, ThreadPoolExecutor(number) as threads:
        futures = [threads.submit(_run_queue, members, workers, watcher, seconds) for members in queues]
        try:
            for future in as_completed(futures):
                yield from future.result().items()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            workers.end()
            raise


def prepare(preload: list[str]) -> None:
    """Make a worker process warm: have a parent import `preload` for the services, and import pytest."""
    warm_up(preload)
    import workshop.grade
    import workshop.testbed.service  # noqa: F401 - while the warm parent imports the libraries

    gc.freeze()  # each run of pytest's ends with collections of garbage; what is here by now is none


def _run_queue(cases: list[Case], workers: Workers, watcher: Watcher, seconds: float) -> dict[str, list[Defect]]:
    found = {}
    for case in cases:
        watcher.begin(case)
        found[case.name] = _run(case, workers, seconds)
        watcher.end(case)
    return found


def _run(case: Case, workers: Workers, seconds: float) -> list[Defect]:
    # The folder is made here: whatever becomes of the worker, it is removed.
    with tempfile.TemporaryDirectory(prefix="shelf-gate-", ignore_cleanup_errors=True) as folder:
        try:
            return workers.run(seconds, case.run, Path(folder))
        except Exception as error:
            kind = "" if isinstance(error, LostError) else f"{type(error).__name__}: "
            return [Defect(case.place, f"{case.title} could not be verified: {kind}{error}")]
