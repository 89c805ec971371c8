"""How a run of steps reads in a terminal: pytest's reporter with other words."""

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest
from _pytest.terminal import TerminalReporter

from workshop import report as words
from workshop.course import Lesson
from workshop.verdict import StepResult

if TYPE_CHECKING:
    from workshop.grading import Grading

STYLES: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True},
    "dim": {"light": True},
    "bold": {"bold": True},
    "": {},
}


class StepReporter(TerminalReporter):  # type: ignore[misc]  # final, but pytest has no other way to say things
    """Prints a line a step, then the first failure in full."""

    def __init__(self, config: pytest.Config, grading: "Grading") -> None:
        super().__init__(config, sys.stdout)
        self.grading = grading
        self._shown: Lesson | None = None
        self.paper = words.paper_for(self._tw.fullwidth, getattr(sys.stdout, "encoding", None))

    @property
    def showheader(self) -> bool:
        """Nothing about platforms and plugins."""
        return False

    def report_collect(self, final: bool = False) -> None:
        """Nothing about collecting; an error in it is shown at the end."""

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Nothing before a step."""

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Nothing after a step."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A line for each step."""
        self._tests_ran = True
        category = self.config.hook.pytest_report_teststatus(report=report, config=self.config)[0]
        self._add_stats(category, [report])
        found = self.grading.take(report)
        if found:
            lesson, step = found
            self._head(lesson)
            self._print(self._step_line(step))

    def _step_line(self, step: StepResult) -> words.Line:
        return words.step_line(step, self.paper)

    def _head(self, lesson: Lesson) -> None:
        if self._shown is not lesson:
            self._shown = lesson
            self._tw.line()
            for line in words.heading(lesson, self.grading.place(lesson), self.paper):
                self._print(line)

    def _print(self, line: words.Line) -> None:
        self._tw.line(line.text, **STYLES[line.style])

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self) -> Generator[None]:
        """The verdict; pytest's own sections only where they say something that the verdict does not."""
        self.summary_errors()
        if self.config.getoption("traceback"):
            self.summary_failures()
        for lesson, verdict in self.grading.verdicts():
            for line in words.summary(lesson, verdict, self.paper):
                self._print(line)
        yield

    def summary_stats(self) -> None:
        """The verdict has said it already; machines that count tests get one plain line."""
        passed, failed = len(self.stats.get("passed", [])), len(self.stats.get("failed", []))
        self._tw.line(f"  {passed} passed, {failed} failed" if self.config.getoption("verbose") > 0 else "")
