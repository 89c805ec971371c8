"""Grading with each step shown as soon as it is known."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from workshop import report
from workshop.course import Lesson
from workshop.grade import grade
from workshop.grading import grading_of
from workshop.report import Line
from workshop.screen import Bar, Screen, shown
from workshop.verdict import StepResult, Verdict

Stop = Callable[[], bool]


class _Listener:
    """Hears from pytest what becomes of each step; may end the run."""

    def __init__(self, tell: Callable[[StepResult], None], stop: Stop, suspects: Sequence[str] | None) -> None:
        self.tell = tell
        self.stop = stop
        self.suspects = suspects
        self.interrupted = False
        self._seen: set[str] = set()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session
        grading = grading_of(session.config)
        grading.abandoned = self.stop
        grading.suspects = None if self.suspects is None else frozenset(self.suspects)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        first = next(iter(self.suspects or ()), None)
        items.sort(key=lambda item: item.name != first)  # it is what somebody is working on

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        step: dict[str, Any] | None = getattr(report, "step", None)
        if step and step["result"]["name"] not in self._seen:
            self._seen.add(step["result"]["name"])
            if not self.stop():
                self.tell(StepResult(**step["result"]))
        if self.stop():
            self.session.shouldstop = "asked to"

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = excinfo.type is KeyboardInterrupt  # `shouldstop` comes here too, as a subclass


def graded(
    screen: Screen,
    lesson: Lesson,
    *,
    stop: Stop | None = None,
    suspects: Sequence[str] | None = None,
    show: bool = True,
) -> Verdict:
    """Grade the learner's folder and return the verdict; show it, step by step, unless told not to.

    Who grades time and again gives `stop`, which is asked all the time: when it answers True the run ends at once, and
    what is returned means nothing. The first of `suspects`, the steps that failed last time, runs before all others.
    Raises KeyboardInterrupt when the run was interrupted.
    """
    ask = stop or (lambda: False)
    if show:
        screen.lines(report.heading(lesson, shown(lesson.work), screen.paper))
    with screen.bar("grading", len(lesson.steps)) as bar:
        listener = _Listener(_Teller(screen, bar, show), ask, suspects)
        verdict = grade(lesson, "-s", plugins=[listener])
    if listener.interrupted:
        raise KeyboardInterrupt
    if show and not ask():
        screen.lines(report.summary(lesson, verdict, screen.paper))
        if not verdict.steps:
            screen.line(verdict.message, "bad")
    return verdict


class _Teller:
    """Writes a line for each step, in their order; below them, while others still run, what is worth knowing by then.

    That is the first failure in full; or a step that ran before its turn.
    """

    def __init__(self, screen: Screen, bar: Bar, show: bool) -> None:
        self.screen = screen
        self.bar = bar
        self.show = show
        self._next = 1
        self._early: dict[int, StepResult] = {}
        self._failed = False

    def __call__(self, step: StepResult) -> None:
        last = self.bar.step()
        self._early[step.number] = step
        if self.show:
            self._write_lines()
            self._write_below(step)
        if last and not self._failed:
            self.bar.say("starting Shelf once more, in a fresh process")

    def _write_lines(self) -> None:
        while step := self._early.pop(self._next, None):
            self.screen.lines([report.step_line(step, self.screen.paper)])
            self._next += 1

    def _write_below(self, step: StepResult) -> None:
        if self._failed:
            return
        paper = self.screen.paper
        self._failed = step.missed
        early = [report.step_line(each, paper) for each in self._early.values()]
        self.bar.below([Line(""), *(report.failure(step, paper) if self._failed else early)])
