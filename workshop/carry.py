"""Beginning a lesson on one's own work: the files of the lesson before, and what the new lesson changes in them.

The text that both have in common is the solution of the lesson before. What the learner has made differently is one
change of it, what the lesson gives is the other.
"""

import ast
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workshop import layout
from workshop.course import Course, CourseError, Lesson
from workshop.layout import State
from workshop.merge import merged
from workshop.report import Line
from workshop.saves import is_save
from workshop.screen import shown

YOURS = ".yours"
"""How the name of a learner's file ends where it stands beside the starter's."""


@dataclass
class Carried:
    """What came of it, by the paths of files."""

    kept: list[PurePosixPath] = field(default_factory=list)
    """The learner's own, as they were."""
    merged: list[PurePosixPath] = field(default_factory=list)
    """The learner's own, with what the lesson changes."""
    beside: list[PurePosixPath] = field(default_factory=list)
    """The starter's; the learner's stand beside them."""
    restored: list[PurePosixPath] = field(default_factory=list)
    """The starter's; the learner had none, and the lesson changes them."""


def before(course: Course, lesson: Lesson) -> Lesson:
    """Return the lesson whose files are carried on; raise CourseError where there are none."""
    previous = next((each for each in reversed(course.up_to(lesson)) if each.number < lesson.number), None)
    if previous is None:
        raise CourseError(f"Lesson {lesson.number} is the first; there is nothing to carry on.")
    if not previous.work.is_dir():
        raise CourseError(f"There is no work/{previous.name} to carry on; without --carry it begins on reference code.")
    return previous


def lay_out(course: Course, lesson: Lesson) -> Carried:
    """Lay the lesson out on the learner's own files of the lesson before."""
    previous = before(course, lesson)
    with tempfile.TemporaryDirectory(prefix="shelf-carried-") as folder:
        yours = {path: file for path, file in layout.files_in(previous.work).items() if _is_theirs(path)}
        state, carried = _together(
            layout.solved(course, previous), layout.start(course, lesson), yours, Path(folder) / "merged"
        )
        layout.lay_out(state, lesson.work)
    return carried


def told(carried: Carried, lesson: Lesson) -> Iterator[Line]:
    """Yield what was done with the learner's files."""
    own = len(carried.kept) + len(carried.merged)
    one = "1 file of yours differs from the reference and goes on"
    many = f"{own} files of yours differ from the reference and go on"
    yield Line(f"{one if own == 1 else many}, {len(carried.merged)} merged with what the lesson changes.")
    for path in carried.merged:
        yield Line(f"  merged     {shown(lesson.work / path)}")
    for path in carried.beside:
        yield Line(f"  not merged {shown(lesson.work / path)}: yours stands beside it, as {path.name}{YOURS}", "bad")
    for path in carried.restored:
        yield Line(f"  brought    {shown(lesson.work / path)}: you had no such file, and the lesson changes it")


def _is_theirs(path: PurePosixPath) -> bool:
    return is_save(path) and path.suffix != YOURS


def _together(base: State, start: State, yours: State, place: Path) -> tuple[State, Carried]:
    """Return the state in which the lesson begins; what is merged is written below `place`."""
    state, carried = dict(start), Carried()
    for path in sorted(base.keys() | start.keys() | yours.keys()):
        own, old, new = (_read(layer.get(path)) for layer in (yours, base, start))
        if own in (old, new):
            continue
        if own is None and new == old:  # put away, and the lesson does not need it
            del state[path]
        elif own is None:
            carried.restored += [path] if new is not None else []
        elif new == old:
            state[path] = yours[path]
            carried.kept.append(path)
        elif text := _merged(path, old, own, new):
            state[path] = _written(place / path, text)
            carried.merged.append(path)
        else:
            state[path.with_name(path.name + YOURS)] = yours[path]
            carried.beside.append(path)
    return state, carried


def _read(file: Path | None) -> bytes | None:
    return file.read_bytes() if file else None


def _merged(path: PurePosixPath, old: bytes | None, own: bytes, new: bytes | None) -> str:
    """Both changes of a text in one; nothing where that cannot be, or is no Python any more."""
    try:
        texts = [each.decode("utf-8").replace("\r\n", "\n") for each in (old, own, new) if each is not None]
        text = merged(*texts) if len(texts) == 3 else None
        if text and path.suffix == ".py":
            ast.parse(text)
    except (ValueError, SyntaxError):
        return ""
    return text or ""


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    return file
