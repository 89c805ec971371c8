"""How a verdict reads. Pure functions from a verdict to lines; whoever prints them knows about colour."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from workshop.course import Lesson
from workshop.verdict import FAIL, PASS, StepResult, Verdict

PARTS = {"saw": "Seen", "expected": "Expected", "cause": "Likely cause", "look": "Look at"}
LABEL_WIDTH = 14


@dataclass(frozen=True)
class Line:
    """A line of a report and its style: one of `good`, `bad`, `dim`, `bold` or nothing."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Paper:
    """What the report is written on."""

    width: int = 80
    unicode: bool = True

    def mark(self, status: str) -> str:
        """The sign before a step."""
        fancy, plain = {PASS: ("✓", "ok  "), FAIL: ("✗", "FAIL")}.get(status, ("?", "??  "))
        return fancy if self.unicode else plain

    def text(self, text: str) -> str:
        """The text in characters that this paper can show."""
        return text if self.unicode else text.replace("·", "-").replace("→", "->")


def paper_for(width: int, encoding: str | None) -> Paper:
    """Return the paper for a stream of this width (in columns) and encoding."""
    try:
        "✓✗·→".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Paper(min(width, 100), unicode=False)
    return Paper(min(width, 100))


def heading(lesson: Lesson, place: str, paper: Paper) -> Iterator[Line]:
    """The first line of a report: which lesson, which folder."""
    title = paper.text(f"Lesson {lesson.heading}")
    gap = max(2, paper.width - len(title) - len(place))
    yield Line(f"{title}{' ' * gap}{place}", "bold")
    yield Line("")


def step_line(step: StepResult, paper: Paper) -> Line:
    """A step in one line, as it is reported while the run goes on."""
    style = "good" if step.status == PASS else "bad" if step.counts else "dim"
    return Line(_one_line(step, step.fact, paper), style)


def _one_line(step: StepResult, text: str, paper: Paper) -> str:
    mark = f"  {paper.mark(step.status)} "
    line = f"{step.number}. {paper.text(text)}"
    return mark + textwrap.shorten(line, paper.width - len(mark) - 2, placeholder=" ...")


def summary(lesson: Lesson, verdict: Verdict, paper: Paper) -> Iterator[Line]:
    """What follows the list of steps: the first failure in full, and what to do next."""
    yield Line("")
    for step in verdict.steps:
        if not step.counts:
            yield from failure(step, paper)
    first = verdict.first_failure
    if first:
        yield from failure(first, paper)
        yield from _others(verdict, first, paper)
    elif verdict.cold is False:
        yield from _wrapped("Not passed yet", verdict.message, paper)
        yield Line("")
    yield from _closing(lesson, verdict, first, paper)


def failure(step: StepResult, paper: Paper) -> Iterator[Line]:
    """A step that did not pass, in full."""
    yield Line(f"  {paper.mark(step.status)} {step.number}. {paper.text(step.fact)}", "bad" if step.counts else "dim")
    yield Line("")
    if step.reason:
        for key, label in PARTS.items():
            yield from _wrapped(label, step.reason[key], paper)
    else:
        yield from _wrapped("Not graded" if step.status != FAIL else "Seen", step.message, paper)
    yield Line("")


def _wrapped(label: str, text: str, paper: Paper) -> Iterator[Line]:
    width = max(20, paper.width - LABEL_WIDTH - 6)
    lines = [piece for line in paper.text(text).splitlines() for piece in textwrap.wrap(line, width) or [""]]
    for number, line in enumerate(lines or [""]):
        yield Line(f"    {label if number == 0 else '':{LABEL_WIDTH}}{line}".rstrip())


def _others(verdict: Verdict, first: StepResult, paper: Paper) -> Iterator[Line]:
    others = [step for step in verdict.steps if step.missed and step is not first]
    alike = [step for step in others if (step.message, step.reason) == (first.message, first.reason)]
    others = [step for step in others if step not in alike]
    if alike:
        yield Line(f"  {len(alike)} more fail{'s' if len(alike) == 1 else ''} for the same reason.", "dim")
    if others:
        yield Line("  Also failing, a line each; the one above is the one to work on:", "dim")
    for step in others:
        yield Line(_one_line(step, step.reason["saw"] if step.reason else step.message, paper), "dim")
    if alike or others:
        yield Line("")


def _closing(lesson: Lesson, verdict: Verdict, first: StepResult | None, paper: Paper) -> Iterator[Line]:
    passed = sum(step.status == PASS for step in verdict.steps)
    count = f"{passed} of {len(verdict.expected)} steps pass."
    if left_out := sum(not step.counts for step in verdict.steps):
        count += f" {left_out} cannot be graded here, and {'does' if left_out == 1 else 'do'} not count."
    if verdict.status == PASS:
        yield Line(paper.text(f"  {count} Lesson {lesson.number:02} is done."), "good")
    elif first:
        yield Line(f"  {count} A hint: uv run workshop hint {lesson.number}", "bold")
    elif not verdict.complete:
        yield Line(f"  {count} The others were not run.", "bold")
    else:
        yield Line(f"  {count}", "bold")
