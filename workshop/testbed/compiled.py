"""What a service's files compile to, found by what they hold: the same few files are started again and again.

The code travels to a host together with what it is to serve. It is never written down, and stands for one exact text:
no save can be overlooked, as it can where times and sizes are compared.
"""

import hashlib
import marshal
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

LARGEST = 256 * 1024
"""Bytes of a file; what is larger is not compiled beforehand."""
MOST = 500
"""Files of one service."""
REMEMBERED = 2000

_known: dict[bytes, bytes] = {}


def compiled(folder: Path) -> dict[bytes, bytes]:
    """Return the code of the files of the package `shelf` in `folder`, by `key`; without those that have faults.

    Those are compiled where they are imported, so that whoever reads the log or the verdict is told.
    """
    found = {}
    for source in _sources(folder):
        held = _known.get(key(source))
        if held is None:
            held = _known[key(source)] = _compiled(source)
        if held:
            found[key(source)] = held
    while len(_known) > REMEMBERED:
        del _known[next(iter(_known))]
    return found


def key(source: bytes) -> bytes:
    """Return what a text is known by."""
    return hashlib.sha256(source).digest()


def code_of(held: bytes, path: str) -> CodeType:
    """Return the code that was kept, as that of the file at `path`."""
    return _named(marshal.loads(held), path)  # noqa: S302 - our own


def _sources(folder: Path) -> Iterator[bytes]:
    try:
        files = [file for file in (folder / "shelf").rglob("*.py") if file.is_file()]
        small = [file for file in files[:MOST] if file.stat().st_size <= LARGEST]
    except OSError:
        return
    for file in small:
        try:
            yield file.read_bytes()
        except OSError:
            continue


def _compiled(source: bytes) -> bytes:
    """The code of a text; nothing where Python has something to say about it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            code = compile(source, "", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
            return b""
    return b"" if said else marshal.dumps(code)


def _named(code: CodeType, path: str) -> CodeType:
    inside = tuple(_named(each, path) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_filename=path, co_consts=inside)
