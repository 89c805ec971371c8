"""Point 6, the data: lesson.toml, hints, and the steps as they are written."""

import ast
import importlib.util
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workshop.course import Course, Lesson
from workshop.gate.defect import Defect, UnreadableError, parsed, shown
from workshop.testbed import databases
from workshop.testbed.world import NAMES

NEEDED = {"slug": str, "title": str, "minutes": int}
FLAGS = {"migrates": bool, "signs_in": bool}
LISTS = {"preload": list, "removes": list, "solution_removes": list, "world": list}
KINDS = NEEDED | FLAGS | LISTS | {"database": str, "env": dict, "serve": dict, "hints": dict}
HINTS = 3
MARKS = re.compile(r"pytest\.mark\.(guard|sqlite|until\(\d+\))")


def unreadable(root: Path) -> Iterator[Defect]:
    """Yield what keeps the course from being read at all."""
    files = sorted(root.glob("lessons/lesson_[0-9][0-9]/lesson.toml"))
    for number, file in enumerate(files, start=1):
        place = shown(root, file)
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            yield Defect(place, f"it is damaged: {error}.")
            continue
        if file.parent.name != f"lesson_{number:02}":
            yield Defect(place, f"the lesson before it is missing: lesson_{number:02}.")
        for key, kind in KINDS.items():
            if key in data and type(data[key]) is not kind:
                yield Defect(place, f"`{key}` is no {kind.__name__}.")
            elif key not in data and key in NEEDED:
                yield Defect(place, f"`{key}` is missing.")
    for file in sorted(root.glob("checks/lesson_[0-9][0-9]/test_*.py")):
        try:
            parsed(file)
        except UnreadableError as error:
            yield Defect(shown(root, file), str(error))


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield what is wrong in a lesson's data and in how its steps are written."""
    place = shown(course.root, lesson.starter / "lesson.toml")
    yield from (Defect(place, text) for text in [*_fields(course, lesson), *_hints(lesson)])
    if not lesson.steps:
        yield Defect(shown(course.root, lesson.checks), "it has no steps.")
    for name, often in Counter(step.name for step in lesson.steps).items():
        if often > 1:
            yield Defect(shown(course.root, lesson.checks), f"{often} steps are named {name}.")
    for file in sorted(lesson.checks.glob("test_*.py")):
        yield from (Defect(shown(course.root, file), text) for node in parsed(file).body for text in _step(node))


def _fields(course: Course, lesson: Lesson) -> Iterator[str]:
    data: dict[str, Any] = tomllib.loads((lesson.starter / "lesson.toml").read_text(encoding="utf-8"))
    for key in sorted(set(data) - set(KINDS)):
        yield f"nothing reads `{key}`."
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", lesson.slug):
        yield f'the slug "{lesson.slug}" is not made of small letters, digits and single hyphens.'
    if any(other.slug == lesson.slug for other in course.lessons if other.number != lesson.number):
        yield f'another lesson has the slug "{lesson.slug}" too.'
    if not lesson.title.strip():
        yield "the title is empty."
    if lesson.minutes <= 0:
        yield "`minutes` is no number of minutes."
    for module in lesson.preload:
        if not _is_there(module):
            yield f"there is no module {module} to preload."
    if lesson.database not in ("", *databases.KINDS):
        yield f"there is no kind of database {lesson.database}; there are {', '.join(databases.KINDS)}."
    for name in lesson.world:
        if name not in NAMES:
            yield f"there is no stand-in {name}; there are {', '.join(NAMES)}."


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _hints(lesson: Lesson) -> Iterator[str]:
    names = [step.name for step in lesson.steps]
    for name in names:
        hints = [hint for hint in lesson.hints.get(name, []) if isinstance(hint, str) and hint.strip()]
        if len(hints) != HINTS:
            yield f"{name} has {len(hints)} hints; a step has {HINTS}: direction, tool, shape."
    for name in lesson.hints:
        if name not in names:
            yield f"it has hints for {name}, which is no step."


def _step(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
        yield f"{node.name} is a class; steps are plain functions."
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
        return
    if isinstance(node, ast.AsyncFunctionDef):
        yield f"{node.name} is async; steps are plain functions."
    if not ast.get_docstring(node):
        yield f"{node.name} has no docstring; its first line is the fact that a learner reads."
    for decorator in map(ast.unparse, node.decorator_list):
        if not MARKS.fullmatch(decorator):
            yield f"{node.name} has the decorator @{decorator}; there are guard, sqlite, until(lesson)."
