"""What lesson 16 says about itself: recorded answers, and how much there is to clean."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

from workshop.course import Course

LESSON = Course.here().lesson("cleanup")


def module(name: str) -> ModuleType:
    """A file beside the steps, as a module."""
    spec = importlib.util.spec_from_file_location(name, LESSON.checks / f"{name}.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def statements(folder: Path) -> int:
    """The statements of a feature, as the step counts them."""
    count = module("test_c_code").statements
    return sum(count(ast.parse(file.read_text(encoding="utf-8"))) for file in folder.glob("shelf/statistics/*.py"))


def test_the_recorded_answers_are_those_of_the_reference() -> None:
    """`python checks/lesson_16/reference.py` would write the same file."""
    reference = module("reference")
    assert reference.FILE.read_text(encoding="utf-8") == reference.text()


def test_the_lesson_says_how_many_statements_there_are() -> None:
    """In the step and in the README, of the starter, the limit and the solution."""
    step = module("test_c_code")
    assert statements(LESSON.starter) == step.AT_FIRST
    text = LESSON.readme.read_text(encoding="utf-8")
    assert re.search(rf"{step.AT_FIRST} statements at first, {step.AT_MOST} at most", text)
    assert f"{statements(LESSON.solution)} statements in all" in text
