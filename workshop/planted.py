"""A learner's tests, graded by bugs that were planted in the good service."""

import ast
import runpy
from dataclasses import dataclass
from pathlib import Path

from workshop import layout
from workshop.layout import State
from workshop.mistakes import Bug
from workshop.testbed.explain_suite import trouble
from workshop.testbed.reason import StepFailed
from workshop.testbed.suite import Left, Suite, SuiteRun

ASSERTING = {"raises", "fail", "raise_for_status"}
"""Methods that fail a test without an `assert`."""


class BugsError(Exception):
    """The file of bugs is damaged; the text says how."""


def load_bugs(file: Path) -> list[Bug]:
    """Return the bugs that a file gives; raise BugsError where it does not give them."""
    try:
        found = runpy.run_path(str(file)).get("BUGS")
    except Exception as error:
        raise BugsError(f"it cannot be imported: {type(error).__name__}: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(each, Bug) for each in found):
        raise BugsError("it has no list `BUGS` of `workshop.mistakes.Bug`.")
    return found


def graded_state(service: State, folder: Path) -> State:
    """Return the tests in a learner's `folder`, and all else there, beside the service as it came.

    Whoever plants a bug by hand, to see whether the tests notice, need not take it out again to be graded.
    """
    theirs = {path: file for path, file in layout.files_in(folder).items() if path.parts[0] != layout.SERVICE}
    return theirs | layout.service_in(service)


@dataclass(frozen=True)
class Hunt:
    """What came of the bugs of one family."""

    bugs: int
    missed: int
    """How many no test has noticed."""


class GradedSuite:
    """What a step may ask of a learner's tests."""

    def __init__(self, suite: Suite, bugs: Path) -> None:
        self._suite = suite
        self._bugs = bugs

    @property
    def asserts(self) -> bool:
        """Whether anything below tests/ can fail a test."""
        return any(_asserts(text) for text in self._suite.sources().values())

    def run(self) -> SuiteRun:
        """Run the tests on the good service, once for all steps; fail the step unless they pass."""
        run = self._suite.on_the_good_service()
        if reason := trouble(self._suite, run):
            raise StepFailed(reason)
        return run

    def again(self) -> list[SuiteRun]:
        """Run them twice more in the same place: backwards and shuffled, at the same time."""
        self.run()
        return self._suite.again()

    def left(self) -> Left:
        """Return what all runs so far have left behind on the disk."""
        return self._suite.place.left()

    def hunt(self, family: str) -> Hunt:
        """Run them on a service for each bug of a family; fail the step unless they pass on the good one."""
        self.run()
        bugs = [bug for bug in load_bugs(self._bugs) if bug.family == family]
        runs = self._suite.on([bug.plant for bug in bugs], first=family)
        return Hunt(len(bugs), sum(run.green for run in runs))


def _asserts(source: str) -> bool:
    nodes = list(ast.walk(ast.parse(source)))
    return any(isinstance(node, ast.Assert) for node in nodes) or any(
        isinstance(node, ast.Attribute) and node.attr in ASSERTING for node in nodes
    )
