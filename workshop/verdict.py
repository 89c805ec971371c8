"""What a run of a lesson's checks found, and the file that keeps it.

The file has the shape of Exercism's test-runner results (version 3), so that their tools can read it too.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workshop.course import Course, Lesson

PASS, FAIL, ERROR = "pass", "fail", "error"
"""A step passed; it failed; it could not be graded, which is never the learner's fault."""


@dataclass
class StepResult:
    """What became of one step."""

    name: str
    fact: str
    status: str
    message: str = ""
    reason: dict[str, str] | None = None
    """The four parts `saw`, `expected`, `cause`, `look`, when the step failed with them."""
    output: str = ""
    """What the service printed."""
    seconds: float = 0.0
    number: int = 0
    """Its place among the lesson's steps, from 1."""
    counts: bool = True
    """Whether a pass of the lesson needs it; not where something that the step needs cannot be had on this machine."""

    @property
    def missed(self) -> bool:
        """Whether it stands in the way of a pass."""
        return self.status != PASS and self.counts


@dataclass
class Verdict:
    """What became of a lesson."""

    lesson: str
    """The lesson's slug."""
    steps: list[StepResult] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """The names of all steps of the lesson, in their order."""
    cold: bool | None = None
    """Whether the service also starts with nothing imported beforehand; None when that was not tried."""
    message: str = ""

    @property
    def complete(self) -> bool:
        """Whether every step of the lesson was graded, each once."""
        return sorted(self.expected) == sorted(step.name for step in self.steps)

    @property
    def status(self) -> str:
        """The lesson's status; it passes only when complete and started cold as well."""
        statuses = {step.status for step in self.steps if step.counts}
        if FAIL in statuses or self.cold is False:
            return FAIL
        return PASS if self.complete and self.cold and statuses == {PASS} else ERROR

    @property
    def first_failure(self) -> StepResult | None:
        """The first step, in the lesson's order, that did not pass."""
        order = {name: position for position, name in enumerate(self.expected)}
        missed = [step for step in self.steps if step.missed]
        return min(missed, key=lambda step: order.get(step.name, len(order)), default=None)

    def step(self, name: str) -> StepResult | None:
        """The result of the step with this name."""
        return next((step for step in self.steps if step.name == name), None)


def results_file(course: Course, lesson: Lesson) -> Path:
    """Where the latest verdict on a lesson is kept."""
    return course.root / ".workshop" / "results" / f"{lesson.name}.json"


def write(verdict: Verdict, file: Path) -> None:
    """Write a verdict, whole or not at all."""
    data: dict[str, Any] = {
        "version": 3,
        "status": verdict.status,
        "message": verdict.message or None,
        "tests": [asdict(step) for step in verdict.steps],
        "lesson": verdict.lesson,
        "expected": verdict.expected,
        "cold": verdict.cold,
    }
    write_text(file, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read(file: Path) -> Verdict | None:
    """Read a verdict; None where there is none that can be read."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        steps = [StepResult(**step) for step in data["tests"]]
        return Verdict(data["lesson"], steps, data["expected"], data["cold"], data["message"] or "")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_text(file: Path, text: str) -> None:
    """Write a file atomically: readers see the old text or the new one, never a half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as temporary:
        temporary.write(text)
    os.replace(name, file)
