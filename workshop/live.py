"""Grading with each step shown as soon as it is known."""

from collections.abc import Callable
from typing import Any

import pytest

from workshop import report
from workshop.course import Lesson
from workshop.grade import grade
from workshop.screen import Bar, Screen, shown
from workshop.verdict import StepResult, Verdict

Stop = Callable[[], bool]


class _Listener:
    """Hears from pytest what becomes of each step, and may end the run between two of them."""

    def __init__(self, tell: Callable[[StepResult], None], stop: Stop) -> None:
        self.tell = tell
        self.stop = stop
        self.interrupted = False
        self._seen: set[str] = set()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        step: dict[str, Any] | None = getattr(report, "step", None)
        if step and step["result"]["name"] not in self._seen:
            self._seen.add(step["result"]["name"])
            self.tell(StepResult(**step["result"]))
        if self.stop():
            self.session.shouldstop = "asked to"

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = excinfo.type is KeyboardInterrupt  # `shouldstop` comes here too, as a subclass


def graded(screen: Screen, lesson: Lesson, *, stop: Stop = lambda: False, show: bool = True) -> Verdict:
    """Grade the learner's folder and return the verdict; show it, step by step, unless told not to.

    `stop` is asked after each step; when it answers True the run ends there, and the verdict is not complete.
    Raises KeyboardInterrupt when the run was interrupted.
    """
    total = len(lesson.steps)
    if show:
        screen.lines(report.heading(lesson, shown(lesson.work), screen.paper))
    with screen.bar("grading", total) as bar:
        listener = _Listener(_teller(screen, bar, total, show), stop)
        verdict = grade(lesson, "-s", plugins=[listener])
    if listener.interrupted:
        raise KeyboardInterrupt
    if show and not stop():
        screen.lines(report.summary(lesson, verdict, screen.paper))
        if not verdict.steps:
            screen.line(verdict.message, "bad")
    return verdict


def _teller(screen: Screen, bar: Bar, total: int, show: bool) -> Callable[[StepResult], None]:
    def tell(step: StepResult) -> None:
        if show:
            screen.lines([report.step_line(step, screen.paper)])
        if bar.step() == total:
            bar.say("starting Shelf once more, in a fresh process")

    return tell
