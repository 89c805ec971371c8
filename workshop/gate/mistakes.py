"""Point 3: every typical mistake is caught, by the step it names and with the words it names."""

import runpy
import textwrap
from collections import Counter
from collections.abc import Iterator

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.cases import Case, Outcome, StepsCase
from workshop.gate.defect import Defect, folded, said, shown
from workshop.mistakes import Mistake
from workshop.verdict import FAIL, PASS

AT_LEAST = 8


class MistakesError(Exception):
    """The file of mistakes is missing or damaged; the text says how."""


def load(lesson: Lesson) -> list[Mistake]:
    """Return a lesson's mistakes; raise MistakesError where its file does not give them."""
    file = lesson.checks / "mistakes.py"
    if not file.is_file():
        raise MistakesError("there is no such file. A lesson has at least eight mistakes that its steps catch.")
    try:
        found = runpy.run_path(str(file)).get("MISTAKES")
    except Exception as error:
        raise MistakesError(f"it cannot be imported: {type(error).__name__}: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(each, Mistake) for each in found):
        raise MistakesError("it has no list `MISTAKES` of `workshop.mistakes.Mistake`.")
    return found


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield what is wrong with the list itself."""
    place = shown(course.root, lesson.checks / "mistakes.py")
    try:
        mistakes = load(lesson)
    except MistakesError as error:
        yield Defect(place, str(error))
        return
    if len(mistakes) < AT_LEAST:
        yield Defect(place, f"it has {len(mistakes)} mistakes; a lesson has at least {AT_LEAST}.")
    steps = {step.name for step in lesson.steps}
    for name, often in Counter(mistake.name for mistake in mistakes).items():
        if often > 1:
            yield Defect(place, f'{often} mistakes are named "{name}".')
    for mistake in mistakes:
        if mistake.caught_by not in steps:
            yield Defect(place, f'"{mistake.name}" names the step {mistake.caught_by}, which does not exist.')
        if not folded(mistake.says):
            yield Defect(place, f'"{mistake.name}" does not say with which words it is caught.')


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield each mistake on the solution, with only the step that should catch it."""
    try:
        mistakes = load(lesson)
    except MistakesError:
        return
    state = layout.solved(course, lesson)
    place = shown(course.root, lesson.checks / "mistakes.py")
    steps = {step.name: step for step in lesson.steps}
    for mistake in mistakes:
        if step := steps.get(mistake.caught_by):
            yield StepsCase(lesson, f'the mistake "{mistake.name}"', place, state, _judge, lesson, [step], mistake)


def _judge(case: StepsCase, outcome: Outcome) -> Iterator[Defect]:
    assert case.mistake is not None
    mistake, (step,) = case.mistake, case.steps
    result = outcome.verdict.step(step.name)
    if result is None or not result.counts:
        return
    words = folded(mistake.says)
    if result.status == PASS:
        yield Defect(case.place, f'"{mistake.name}" is not caught: {step.name} passes.')
    elif result.status != FAIL or result.reason is None:
        yield Defect(case.place, f'"{mistake.name}" makes {step.name} fail without saying why: {said(result)}')
    elif result.reason["saw"] in outcome.failed_starts and words not in folded(result.reason["saw"]):
        yield Defect(case.place, f'"{mistake.name}" is caught only because the service does not start: {said(result)}')
    elif words not in folded("\n".join(result.reason.values())):
        text = f'"{mistake.name}" is caught by {step.name}, but not with the words "{mistake.says}".'
        yield Defect(case.place, f"{text}\nThe step said:\n{textwrap.indent(result.message, '  ')}")
