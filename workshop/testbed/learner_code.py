"""Inside the service's process: importing a learner's files, and telling where in them something happens."""

import linecache
import sys
import threading
import traceback
from collections.abc import Mapping
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, MappingProxyType, TracebackType
from typing import Any

from workshop.testbed.compiled import code_of, key

Place = dict[str, Any]
"""A line of a learner's: `file` (relative to their folder), `line`, `function`, `code`; for an error also `caller`, the
place in another file that led there."""


class _SourceOnly(SourceFileLoader):
    """Imports from source, always.

    Python trusts bytecode whose recorded time and size fit the source. Two saves of equal size within a second fit
    both, and the older code would run. Without stats of the source Python neither reads nor writes bytecode.
    """

    code: Mapping[bytes, bytes] = MappingProxyType({})
    """What was compiled beforehand; see `compiled`."""

    def path_stats(self, path: str) -> Any:
        raise OSError(path)

    def source_to_code(self, data: Any, path: Any, **more: Any) -> CodeType:  # type: ignore[override]
        held = self.code.get(key(bytes(data)))
        return code_of(held, path) if held else super().source_to_code(data, path, **more)


def import_from(folder: Path, code: Mapping[bytes, bytes] | None = None) -> None:
    """Let `import shelf` find the files in `folder`, first, and never by way of bytecode; `code` saves compiling."""
    _SourceOnly.code = code or {}

    def finder(path: str) -> FileFinder:
        if not Path(path).is_relative_to(folder):
            raise ImportError(path)
        return FileFinder(path, (_SourceOnly, [".py"]))

    sys.path_hooks.insert(0, finder)
    sys.path.insert(0, str(folder))


def place_of_main_thread(folder: Path, main_thread: int) -> Place | None:
    """Return the innermost line of a learner's that the main thread is at, None outside their files."""
    frame = sys._current_frames().get(main_thread)
    while frame is not None:
        if place := _place(folder, frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name):
            return place
        frame = frame.f_back
    return None


def position(main_thread: int) -> tuple[int, int] | None:
    """Return the instruction that the main thread is at, in a form that can be compared.

    None while it starts a thread: on a busy machine it waits long for the new one, through no fault of its own.
    """
    innermost = frame = sys._current_frames().get(main_thread)
    while frame is not None:
        if frame.f_code is threading.Thread.start.__code__:
            return None
        frame = frame.f_back
    return None if innermost is None else (id(innermost), innermost.f_lasti)


def outermost_call(folder: Path, main_thread: int) -> int | None:
    """Return which call of a learner's the main thread is in, by the outermost one, in a form that can be compared."""
    found = None
    frame = sys._current_frames().get(main_thread)
    while frame is not None:
        if Path(frame.f_code.co_filename).is_relative_to(folder):
            found = id(frame)
        frame = frame.f_back
    return found


def is_importing(folder: Path, main_thread: int) -> bool:
    """Tell whether the main thread is inside the import of a library, which may take long the first time."""
    frame: FrameType | None = sys._current_frames().get(main_thread)
    while frame is not None and not Path(frame.f_code.co_filename).is_relative_to(folder):
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def place_of_error(folder: Path, error: BaseException) -> Place | None:
    """Return the innermost line of a learner's in an error's traceback; for a syntax error the line it names."""
    if isinstance(error, SyntaxError) and error.filename:
        return _place(folder, error.filename, error.lineno or 0, "")
    found: Place | None = None
    for frame, line in traceback.walk_tb(_traceback(error)):
        if place := _place(folder, frame.f_code.co_filename, line, frame.f_code.co_name):
            if found and found["file"] != place["file"]:
                place["caller"] = found
            elif found and "caller" in found:
                place["caller"] = found["caller"]
            found = place
    return found


def _traceback(error: BaseException) -> TracebackType | None:
    # A group says where it was put together; its first member says where it went wrong.
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.__traceback__


def _place(folder: Path, filename: str, line: int, function: str) -> Place | None:
    try:
        relative = Path(filename).relative_to(folder)
    except ValueError:
        return None
    code = linecache.getline(filename, line).strip()
    return {"file": relative.as_posix(), "line": line, "function": function, "code": code}
