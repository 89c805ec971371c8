"""Point 1: every step passes on the solution, and so do the earlier lessons' steps that still apply."""

from collections.abc import Iterator

from workshop import layout
from workshop.course import Course, Lesson, Step
from workshop.gate.cases import Case, Outcome, StepsCase
from workshop.gate.defect import Defect, said, shown


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield the lesson's own steps, with the cold start, and those of each earlier lesson, on the solution."""
    state = layout.solved(course, lesson)
    for of in course.up_to(lesson) if changes_the_service(course, lesson) else [lesson]:
        steps = [step for step in of.steps if of is lesson or applies(step, lesson)]
        if steps:
            title = "the solution" if of is lesson else f"the steps of {of.name} on the solution"
            only = [] if of is lesson else steps
            yield StepsCase(lesson, title, shown(course.root, of.checks), state, _judge, of, only)


def changes_the_service(course: Course, lesson: Lesson) -> bool:
    """Whether earlier steps can see a difference: a lesson about tests changes nothing of what they look at."""
    if lesson.number == 1 or not lesson.bugs.is_file():
        return True
    before = course.lesson(lesson.number - 1)
    services = [layout.service_in(layout.solved(course, each)) for each in (before, lesson)]
    return services[0] != services[1] or bool(lesson.env or lesson.world or lesson.database)


def applies(step: Step, lesson: Lesson) -> bool:
    """Whether a step of an earlier lesson still holds in `lesson`."""
    return step.until is None or step.until > lesson.number


def _judge(case: StepsCase, outcome: Outcome) -> Iterator[Defect]:
    root = case.lesson.root
    which = "the solution" if case.of is case.lesson else f"the solution of {case.lesson.name}"
    files = {step.name: step.file for step in case.of.steps}
    for step in outcome.verdict.steps:
        if step.missed:
            yield Defect(shown(root, files[step.name]), f"{step.name} fails on {which}: {said(step)}")
    if outcome.verdict.cold is False:
        yield Defect(shown(root, case.lesson.solution), outcome.verdict.message)
