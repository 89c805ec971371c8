"""Hints: three for each step, one at a time."""

from collections.abc import Iterator

from workshop.course import Course, Lesson
from workshop.progress import Progress
from workshop.report import Line, Paper, step_line
from workshop.screen import paragraph, shown
from workshop.verdict import StepResult, Verdict

KINDS = ("a direction", "a tool", "the shape")


def next_hint(course: Course, lesson: Lesson, verdict: Verdict, paper: Paper) -> Iterator[Line]:
    """Yield the next hint for the first step that fails, and remember that it was shown.

    When all were shown, they come again together, with the places where to look.
    """
    step = verdict.first_failure
    if step is None:
        words = verdict.message if verdict.cold is False else "All steps pass; there is nothing left to hint at."
        yield from paragraph(words, paper)
        return
    yield step_line(step, paper)
    yield Line("")
    hints = lesson.hints.get(step.name, [])
    progress = Progress.of(course)
    shown_before = min(progress.hints_shown(lesson, step.name), len(hints))
    if shown_before < len(hints):
        yield from _one(hints, shown_before, paper)
        progress.show_hint(lesson, step.name)
        progress.save()
        return
    for number in range(len(hints)):
        yield from _one(hints, number, paper)
        yield Line("")
    said = "These were all the hints of this step." if hints else "This step has no hints."
    yield from paragraph(f"{said} Where to look now:", paper)
    yield from _places(lesson, step, paper)


def _one(hints: list[str], number: int, paper: Paper) -> Iterator[Line]:
    kind = f", {KINDS[number]}" if len(hints) == len(KINDS) else ""
    yield Line(f"  Hint {number + 1} of {len(hints)}{kind}:", "bold")
    yield from paragraph(paper.text(hints[number]), paper, indent="    ")


def _places(lesson: Lesson, step: StepResult, paper: Paper) -> Iterator[Line]:
    look = [step.reason["look"]] if step.reason else []
    places = [*look, f"the lesson's text: {shown(lesson.readme)}"]
    if lesson.notebook.is_file():
        places.append(f"the experiment behind it: {shown(lesson.notebook)}")
    places.append(f"the solution beside your files: uv run workshop diff {lesson.number}")
    for place in places:
        first, *more = paragraph(place, paper, indent="    ")
        yield Line(f"  - {first.text.strip()}")
        yield from more
