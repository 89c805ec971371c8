"""Point 4: every alternative, another right answer, passes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.cases import Case, Outcome, StepsCase
from workshop.gate.defect import Defect, UnreadableError, parsed, said, shown

AT_LEAST = 2


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield what is wrong with the overlays themselves."""
    if len(lesson.alternatives) < AT_LEAST:
        text = f"it holds {len(lesson.alternatives)} alternatives; a lesson has at least {AT_LEAST}."
        yield Defect(shown(course.root, lesson.checks / "alternatives"), text)
    solved = layout.solved(course, lesson)
    for folder in lesson.alternatives:
        overlay = layout.files_in(folder)
        if not overlay:
            yield Defect(shown(course.root, folder), "it holds no file.")
        for relative, file in overlay.items():
            if relative in solved and file.read_bytes() == solved[relative].read_bytes():
                yield Defect(shown(course.root, file), "it is the same as the solution's; delete it.")
        docstrings = [(_docstring(file), _docstring(solved.get(relative))) for relative, file in overlay.items()]
        if overlay and all(own in (None, solved_one) for own, solved_one in docstrings):
            text = "no file of it says in its docstring, at the top, what is different."
            yield Defect(shown(course.root, folder), text)


def _docstring(file: Path | None) -> str | None:
    try:
        return ast.get_docstring(parsed(file)) if file and file.suffix == ".py" else None
    except UnreadableError:
        return None  # grading it tells


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield each alternative with all steps and its cold start."""
    solved = layout.solved(course, lesson)
    for folder in lesson.alternatives:
        state = layout.overlaid(solved, folder)
        yield StepsCase(lesson, f"the alternative {folder.name}", shown(course.root, folder), state, _judge, lesson)


def _judge(case: StepsCase, outcome: Outcome) -> Iterator[Defect]:
    for step in outcome.verdict.steps:
        if step.missed:
            yield Defect(case.place, f"{step.name} rejects this right answer: {said(step)}")
    if outcome.verdict.cold is False:
        yield Defect(case.place, outcome.verdict.message)
