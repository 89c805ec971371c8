"""The one rule that lays out every state of Shelf.

    solved(0) = nothing
    start(N)  = solved(N-1) + lessons/N
    solved(N) = start(N) + solutions/N

A state is a mapping from a file's path (such as `shelf/main.py`) to the file that provides it; upper layers hide
lower ones, and a lesson may say which files it `removes`, and which its solution does (`solution_removes`).
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from workshop.course import Course, Lesson

State = dict[PurePosixPath, Path]
SERVICE = "shelf"
"""The folder that the service's package is."""
NOT_SERVICE = {"README.md", "lesson.toml"}
"""Files of a lesson that are about it, not part of the service."""


def start(course: Course, lesson: Lesson) -> State:
    """Return the state in which a lesson begins."""
    state: State = {}
    for each in course.up_to(lesson):
        if each.number > 1:
            state = _solved(state, course.lesson(each.number - 1))
        state = _without(state, each.removes) | files_in(each.starter)
    return state


def solved(course: Course, lesson: Lesson) -> State:
    """Return the state in which a lesson ends."""
    return _solved(start(course, lesson), lesson)


def _solved(state: State, lesson: Lesson) -> State:
    return _without(state, lesson.solution_removes) | files_in(lesson.solution)


def _without(state: State, removed: Iterable[str]) -> State:
    paths = {PurePosixPath(path) for path in removed}
    return {path: file for path, file in state.items() if path not in paths}


def overlaid(state: State, folder: Path) -> State:
    """Return `state` with the files in `folder` on top of it."""
    return state | files_in(folder)


def service_in(state: State) -> State:
    """Return the files of a state that are the service itself, without its tests."""
    return {path: file for path, file in state.items() if path.parts[0] == SERVICE}


def files_in(folder: Path) -> State:
    """Return the files that a layer holds."""
    found: State = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        relative = path.relative_to(folder)
        if path.is_file() and relative.as_posix() not in NOT_SERVICE and "__pycache__" not in relative.parts:
            found[PurePosixPath(relative.as_posix())] = path
    return found


def lay_out(state: Mapping[PurePosixPath, Path], target: Path) -> None:
    """Write `state` into the folder `target`, which must not exist yet: all of it or, on an error, nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for relative, source in state.items():
            file = building / relative
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, file)
        building.chmod(0o755)  # mkdtemp makes it private
        os.rename(building, target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def keep(folder: Path) -> Path:
    """Move `folder` into `.kept` beside it, under its name and the time; return where it is now."""
    kept = folder.parent / ".kept"
    kept.mkdir(exist_ok=True)
    stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
    for number in range(1, 1000):
        place = kept / f"{folder.name}_{stamp}{f'_{number}' if number > 1 else ''}"
        if not place.exists():
            folder.rename(place)
            return place
    raise FileExistsError(kept)


def ensure_work(course: Course, lesson: Lesson) -> Path:
    """Return the learner's folder for a lesson, laid out first if it is not there yet."""
    if not lesson.work.exists():
        lay_out(start(course, lesson), lesson.work)
    return lesson.work
