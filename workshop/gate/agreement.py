"""Point 5: starter and solution agree outside the work, and no file stands in a lesson that does not change it.

The work is where a `# TODO` stands. Inside a function it is the body, and whether the function is `async`; directly
above a function or a class it is the whole definition, its signature too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.defect import Defect, UnreadableError, parsed, shown
from workshop.gate.definitions import TODO, Definition, definitions
from workshop.layout import State


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield where the trees of a lesson do not fit together."""
    before = layout.solved(course, course.lesson(lesson.number - 1)) if lesson.number > 1 else {}
    start = layout.start(course, lesson)
    yield from _removed(course, lesson, before, start)
    yield from _unchanged(course, layout.files_in(lesson.starter), before, "the state before the lesson")
    yield from _unchanged(course, layout.files_in(lesson.solution), start, "the starter")
    for relative, solved in layout.files_in(lesson.solution).items():
        starter = start.get(relative)
        if starter is None:
            yield from _new(course, lesson, relative, solved)
        elif solved.suffix == ".py":
            yield from compared(course.root, starter, solved)
    for relative, file in layout.solved(course, lesson).items():
        if file.is_relative_to(lesson.root / "lessons" / lesson.name) or file.is_relative_to(lesson.solution):
            yield from _left_over(course, relative, file)


def _removed(course: Course, lesson: Lesson, before: State, start: State) -> Iterator[Defect]:
    place = shown(course.root, lesson.starter / "lesson.toml")
    for name in lesson.removes:
        if PurePosixPath(name) not in before:
            yield Defect(place, f"it removes {name}, which no earlier lesson has.")
    for name in lesson.solution_removes:
        if PurePosixPath(name) not in start:
            yield Defect(place, f"its solution removes {name}, which the starter does not have.")


def _unchanged(course: Course, layer: State, below: State, what: str) -> Iterator[Defect]:
    for relative, file in layer.items():
        if relative in below and file.read_bytes() == below[relative].read_bytes():
            yield Defect(shown(course.root, file), f"it is the same as in {what}; delete it.")


def _new(course: Course, lesson: Lesson, relative: PurePosixPath, solved: Path) -> Iterator[Defect]:
    text = lesson.readme.read_text(encoding="utf-8") if lesson.readme.is_file() else ""
    if relative.as_posix() not in text:
        place = shown(course.root, solved)
        yield Defect(place, "the starter has no such file, and the lesson's README does not say that it is new.")


def _left_over(course: Course, relative: PurePosixPath, file: Path) -> Iterator[Defect]:
    if relative.suffix == ".py" and TODO in file.read_text(encoding="utf-8"):
        yield Defect(shown(course.root, file), f"the solved service still has its `{TODO}`.")


def compared(root: Path, starter: Path, solved: Path) -> Iterator[Defect]:
    """Yield where two versions of one file differ outside the work."""
    place = shown(root, starter)
    try:
        tops = [ast.get_docstring(parsed(file)) for file in (starter, solved)]
    except UnreadableError as error:
        yield Defect(place, f"it cannot be compared with {shown(root, solved)}: {error}")
        return
    source = starter.read_text(encoding="utf-8")
    if TODO not in source:
        yield Defect(place, f"the learner is to edit it, but no `{TODO}` says what.")
    if tops[0] != tops[1]:
        yield Defect(place, "its docstring is not that of the solution.")
    theirs = definitions(solved.read_text(encoding="utf-8"))
    for name, mine in definitions(source).items():
        if not mine.whole:
            yield from (Defect(place, text) for text in _differences(mine, theirs.get(name)))


def _differences(mine: Definition, other: Definition | None) -> Iterator[str]:
    if other is None:
        yield f"{mine.name} stands in the starter, but not in the solution."
        return
    if mine.signature != other.signature:
        yield f"{mine.name} is {mine.signature or 'a class'} here, but {other.signature or 'a class'} in the solution."
    if mine.docstring != other.docstring:
        yield f"the docstring of {mine.name} is not that of the solution."
    if mine.is_async != other.is_async and not mine.inside:
        yield f"{mine.name} is `async` in only one of starter and solution, and no `{TODO}` in it says why."
