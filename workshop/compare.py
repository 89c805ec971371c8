"""A learner's files beside the solution's."""

import difflib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from workshop import layout
from workshop.course import Course, CourseError, Lesson
from workshop.report import Line
from workshop.screen import Screen, shown

STYLES = {"---": "bold", "+++": "bold", "@@ ": "dim", "-": "bad", "+": "good"}


def show_differences(course: Course, lesson: Lesson, screen: Screen) -> None:
    """Write how the learner's files differ from the solution."""
    lines = list(differences(course, lesson))
    screen.lines(lines)
    if not lines:
        screen.line("There is no difference: your files are the solution's.", "good")


def differences(course: Course, lesson: Lesson) -> Iterator[Line]:
    """Yield a unified diff from the learner's files (`-`) to the solution (`+`); nothing where they are the same.

    Raises CourseError when the learner's folder is not there.
    """
    if not lesson.work.is_dir():
        raise CourseError(f"There is no work/{lesson.name} yet; `uv run workshop start {lesson.number}` lays it out.")
    solved = layout.solved(course, lesson)
    theirs = layout.files_in(lesson.work).items()
    yours = {path: file for path, file in theirs if path in solved or _is_source(path)}
    for path in sorted(yours.keys() | solved.keys()):
        yield from _of_file(path, yours.get(path), solved.get(path))


def _is_source(path: PurePosixPath) -> bool:
    return path.parts[0] in ("shelf", "tests") and not any(part.startswith(".") for part in path.parts)


def _of_file(path: PurePosixPath, yours: Path | None, solved: Path | None) -> Iterator[Line]:
    if solved is None:
        yield Line(f"Only yours: {path}", "dim")
        return
    try:
        old, new = (file.read_text(encoding="utf-8").splitlines() if file else [] for file in (yours, solved))
    except (UnicodeDecodeError, OSError) as error:
        yield Line(f"{path} cannot be compared: {error}", "bad")
        return
    names = (shown(yours) if yours else "(you have no such file)", shown(solved))
    for line in difflib.unified_diff(old, new, *names, lineterm=""):
        yield Line(line, next((style for start, style in STYLES.items() if line.startswith(start)), ""))
