"""Run every step of a lesson many times while all cores are kept busy, and count the verdicts that are wrong.

    uv run python tests/bench/flake.py 1 2 3 4 --runs 200 --mistake-runs 20

A step must pass each time on the solution; a mistake must be caught, with its words, each time. Ends with code 1 if any
verdict was wrong. The busy loops end by themselves after `--busy` seconds if this program should be killed.
"""

import argparse
import collections
import contextlib
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.defect import folded
from workshop.gate.mistakes import load as mistakes_of
from workshop.grade import QUIET
from workshop.mistakes import Mistake

Wrong = collections.Counter[str]


class Repeat:
    """A pytest plugin that runs every step `runs` times and keeps what was said."""

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self.seen: list[tuple[str, bool, str]] = []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each step a number of runs."""
        metafunc.fixturenames.append("run_number")
        metafunc.parametrize("run_number", range(self.runs))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a step's outcome and words."""
        data = getattr(report, "step", None)
        if data:
            name = data["result"]["name"].partition("[")[0]
            self.seen.append((name, data["result"]["status"] == "pass", data["result"]["message"]))


def burn(seconds: float) -> None:
    """Keep one core busy for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(10_000))


@contextlib.contextmanager
def busy_cores(seconds: float) -> Iterator[None]:
    """Keep every core busy."""
    burners = [multiprocessing.Process(target=burn, args=(seconds,), daemon=True) for _ in range(os.cpu_count() or 2)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.terminate()


def repeated(lesson: Lesson, folder: Path, runs: int, steps: Sequence[str]) -> list[tuple[str, bool, str]]:
    """Run the steps so often on the service in `folder`."""
    repeat = Repeat(runs)
    targets = [f"{step.file}::{step.name}" for step in lesson.steps if step.name in steps]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*targets, *QUIET, "--path", str(folder)], plugins=[repeat])
    if len(repeat.seen) != runs * len(targets):
        sys.exit(f"pytest ended with {code} after {len(repeat.seen)} steps:\n{said.getvalue()[-2000:]}")
    return repeat.seen


def laid_out(course: Course, lesson: Lesson, mistake: Mistake | None = None) -> Path:
    """The solution, with or without a mistake, in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="shelf-flake-")) / "graded"
    layout.lay_out(layout.solved(course, lesson), folder)
    if mistake:
        mistake.apply(folder)
    return folder


def on_the_solution(course: Course, lesson: Lesson, runs: int) -> Wrong:
    """Count the steps that failed on a right answer."""
    folder = laid_out(course, lesson)
    wrong: Wrong = collections.Counter()
    for name, passed, message in repeated(lesson, folder, runs, [step.name for step in lesson.steps]):
        if not passed:
            wrong[f"lesson {lesson.number:02}, {name} rejected the solution: {message[:300]}"] += 1
    shutil.rmtree(folder.parent)
    return wrong


def on_the_mistakes(course: Course, lesson: Lesson, runs: int) -> Wrong:
    """Count the mistakes that were not caught with their words."""
    wrong: Wrong = collections.Counter()
    for mistake in mistakes_of(lesson):
        folder = laid_out(course, lesson, mistake)
        for _, passed, message in repeated(lesson, folder, runs, [mistake.caught_by]):
            if passed or folded(mistake.says) not in folded(message):
                wrong[f'lesson {lesson.number:02}, "{mistake.name}" was not caught: {message[:300]}'] += 1
        shutil.rmtree(folder.parent)
    return wrong


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="+")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--mistake-runs", type=int, default=20)
    parser.add_argument("--busy", type=float, default=3600.0)
    given = parser.parse_args()
    course = Course.here()
    wrong: Wrong = collections.Counter()
    with busy_cores(given.busy):
        for lesson in map(course.lesson, given.lessons):
            began = time.monotonic()
            found = on_the_solution(course, lesson, given.runs) if given.runs else collections.Counter()
            found += (
                on_the_mistakes(course, lesson, given.mistake_runs) if given.mistake_runs else collections.Counter()
            )
            steps, mistakes = len(lesson.steps), len(mistakes_of(lesson))
            print(
                f"lesson {lesson.number:02}: {steps} steps x {given.runs}, {mistakes} mistakes x {given.mistake_runs}: "
                f"{found.total()} wrong verdicts, {time.monotonic() - began:.0f} s",
                flush=True,
            )
            wrong += found
    for text, often in wrong.most_common():
        print(f"{often} x {text}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
