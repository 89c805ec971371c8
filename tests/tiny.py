"""A whole course in small, for tests of the commands."""

import shutil
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson

SOURCE = Path(__file__).parent / "gate" / "tiny_course"


def tiny_course(root: Path) -> Course:
    """Return a copy of the tiny course: two lessons, a service that starts fast, hints."""
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("conftest.py", "__pycache__"))
    return Course(root)


def solve(course: Course, lesson: Lesson) -> None:
    """Save the solution's files in the learner's folder, as an editor would."""
    layout.ensure_work(course, lesson)
    for path, file in layout.files_in(lesson.solution).items():
        (lesson.work / path).write_bytes(file.read_bytes())
