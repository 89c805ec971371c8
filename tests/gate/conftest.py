"""A whole course in small, to be broken in one way at a time."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from workshop.course import Course
from workshop.gate.schedule import prepare
from workshop.gate.workers import Workers

# What is imported in the warm parent, and not in a process that starts cold.
PRELOAD = ["starlette.applications", "xml.dom.minidom"]


class Tiny:
    """A copy of the tiny course that a test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def course(self) -> Course:
        """The course as it is now."""
        return Course(self.root)

    def write(self, file: str, text: str) -> None:
        """Write a file, new or old."""
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text, encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace one piece of a file."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    def said(self, point: ModuleType, number: int = 1) -> list[str]:
        """What a point of the gate says of a lesson without running anything."""
        return [str(defect) for defect in point.defects(self.course, self.course.lesson(number))]


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A course without a defect in its first lesson; the second is there for what lies between lessons."""
    source = Path(__file__).parent / "tiny_course"
    shutil.copytree(source, tmp_path / "tiny", ignore=shutil.ignore_patterns("conftest.py", "__pycache__"))
    return Tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """One worker process for all tests."""
    with Workers(1, partial(prepare, PRELOAD)) as one:
        yield one


Judged = Callable[..., list[str]]


@pytest.fixture
def judged(tiny: Tiny, workers: Workers, tmp_path: Path) -> Judged:
    """Runs the one case of a point whose title holds some words; returns what the gate says."""

    def judge(point: ModuleType, title: str, number: int = 1) -> list[str]:
        course = tiny.course
        (case,) = [case for case in point.cases(course, course.lesson(number)) if title in case.title]
        folder = tmp_path / "run"
        folder.mkdir()
        return [str(defect) for defect in workers.run(60, case.run, folder)]

    return judge
