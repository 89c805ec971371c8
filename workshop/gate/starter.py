"""Point 2: every step fails on the starter and says why, except guards, which pass there."""

from collections.abc import Iterator

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.cases import Case, Outcome, StepsCase
from workshop.gate.defect import Defect, said, shown
from workshop.verdict import FAIL, PASS


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield each step on the starter by itself: a failing step may wait for its guard, so they wait side by side."""
    state = layout.start(course, lesson)
    for step in lesson.steps:
        place = shown(course.root, step.file)
        yield StepsCase(lesson, f"{step.name} on the starter", place, state, _judge, lesson, [step])


def _judge(case: StepsCase, outcome: Outcome) -> Iterator[Defect]:
    (step,) = case.steps
    result = outcome.verdict.step(step.name)
    if result is None or not result.counts:
        return
    if step.guard:
        if result.status != PASS:
            yield Defect(case.place, f"{step.name} is a guard, but fails on the starter: {said(result)}")
    elif result.status == PASS:
        yield Defect(case.place, f"{step.name} passes on the starter.\nLeave work to do, or mark the step as a guard.")
    elif result.status != FAIL or result.reason is None:
        yield Defect(
            case.place,
            f"{step.name} fails on the starter without saying why: {said(result)}\n"
            "Use `because(...)`, or `expect(...)` on the way there.",
        )
    elif result.reason["saw"] in outcome.failed_starts:
        yield Defect(shown(case.lesson.root, case.lesson.starter), f"the starter does not start: {said(result)}")
