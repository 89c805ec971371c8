"""The bugs of a lesson about tests: each can be planted, and each is real.

Real means that somebody who asks over HTTP can see it: a test of the solution that uses a client fails, by an assertion
of its own.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.cases import Case
from workshop.gate.defect import Defect, shown
from workshop.gate.imports import sources
from workshop.mistakes import Bug, StaleEditError
from workshop.planted import BugsError, load_bugs

CLIENTS = ("client", "ann", "ben")
"""Fixtures of the solution that speak HTTP."""


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield what is wrong with the list itself."""
    if not lesson.bugs.is_file():
        return
    place = shown(course.root, lesson.bugs)
    try:
        bugs = load_bugs(lesson.bugs)
    except BugsError as error:
        yield Defect(place, str(error))
        return
    for name, often in Counter(bug.name for bug in bugs).items():
        if often > 1:
            yield Defect(place, f'{often} bugs are named "{name}".')
    steps = " ".join(step.name for step in lesson.steps)
    for family in sorted({bug.family for bug in bugs}):
        if f"_{family}_" not in steps:
            yield Defect(place, f"no step is about bugs of {family}.")


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield each bug, to be found by the solution's own tests."""
    if not lesson.bugs.is_file():
        return
    try:
        bugs = load_bugs(lesson.bugs)
    except BugsError:
        return
    state = layout.solved(course, lesson)
    for bug in bugs:
        yield BugCase(lesson, f'the bug "{bug.name}"', shown(course.root, lesson.bugs), state, bug)


@dataclass(frozen=True)
class BugCase(Case):
    """The solution's tests on a service with one bug."""

    bug: Bug

    def run(self, folder: Path) -> list[Defect]:
        """Plant it, run the tests, judge."""
        from workshop.testbed.suite import Suite

        layout.lay_out(self.state, folder / "source")
        try:
            (run,) = Suite(folder / "source", folder).on([self.bug.plant], first=self.bug.family)
        except StaleEditError as error:
            return [Defect(self.place, f"{error}\nThe solution changed; write the edit anew.")]
        if run.green:
            return [Defect(self.place, f'no test of the solution finds "{self.bug.name}".')]
        if any(self._is_seen(failed) for failed in run.failed):
            return []
        said = next((f"{each['id']}: {each.get('type')}: {each.get('text', '')[:200]}" for each in run.failed), "")
        text = f'"{self.bug.name}" is found, but not by an assertion about an answer: {said or run.cut}'
        return [Defect(self.place, text)]

    def _is_seen(self, failed: dict[str, Any]) -> bool:
        place = failed.get("place") or {}
        asserted = failed.get("type") == "AssertionError" and str(place.get("file")).startswith("tests/")
        return asserted and failed["when"] == "call" and any(name in failed["fixtures"] for name in CLIENTS)

    def files(self) -> set[Path]:
        """Return the machinery that runs and judges it, and the lock."""
        return {*sources(__name__, "workshop.testbed.suite_plugin"), Course.here().root / "uv.lock"}

    def details(self) -> str:
        """Return the bug as well."""
        return repr((self.title, self.bug))
