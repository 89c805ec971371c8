"""Inside the service's process: where passwords are hashed, how many at once, and at what cost.

Argon2 is seen where it leaves Python for C, scrypt and pbkdf2 where `hashlib` has them. What another process hashes is
not seen.
"""

import asyncio
import base64
import functools
import hashlib
import itertools
import sys
import threading
from collections.abc import Callable
from typing import Any

LEAST = (1, 8, 1)
"""What argon2 takes at least: turns, KiB, lanes."""
MARK = b"quick!"
"""How the salt of a hash begins that says more of its cost than is true."""
SALT, ENCODED = 2, 6
"""Which of the remaining arguments of `argon2_hash` are the salt, and the room for the text that is kept."""

_lock = threading.Lock()
_hashes: list[dict[str, Any]] = []
_holds: dict[int, "_Hold"] = {}
_hold_numbers = itertools.count(1)
_watched: set[str] = set()


class _Hold:
    """Hashing that waits until it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.waiting = 0


def install(*, quick: bool = False) -> None:
    """Watch what is imported by now; to be called again when more may be.

    With `quick`, argon2 makes and compares new hashes at next to no cost, and says of them what was asked for.
    """
    if "hashlib" not in _watched:
        _watched.add("hashlib")
        for name in ("scrypt", "pbkdf2_hmac"):
            setattr(hashlib, name, _seen(getattr(hashlib, name), name))
    if "argon2.low_level" in sys.modules and "argon2" not in _watched:
        _watched.add("argon2")
        low_level: Any = sys.modules["argon2.low_level"]
        low_level.lib = _Argon2(low_level.lib, low_level.ffi, quick)


class _Argon2:
    """Stands before the C library and notes what passes."""

    def __init__(self, lib: Any, ffi: Any, quick: bool) -> None:
        self._lib = lib
        self._ffi = ffi
        self._quick = quick

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lib, name)

    def argon2_hash(self, time: int, memory: int, lanes: int, *args: Any) -> Any:
        """Make a hash."""
        asked = f"m={memory},t={time},p={lanes}"
        _note(f"argon2 {asked}")
        salt, encoded = args[SALT], args[ENCODED]
        if not self._quick or not encoded:
            return self._lib.argon2_hash(time, memory, lanes, *args)
        self._ffi.memmove(salt, MARK, len(MARK))
        result = self._lib.argon2_hash(*LEAST, *args)
        text = self._ffi.string(encoded).replace(b"m=8,t=1,p=1", asked.encode()) + b"\0"
        self._ffi.memmove(encoded, text, len(text))
        return result

    def argon2_verify(self, encoded: Any, *args: Any) -> Any:
        """Make the hash of a password again, to compare it."""
        text = self._ffi.string(encoded)
        asked = next((part for part in text.split(b"$") if part.startswith(b"m=")), b"")
        _note(f"argon2 {asked.decode(errors='replace')}")
        if asked and base64.b64encode(MARK) in text:
            encoded = self._ffi.new("char[]", text.replace(asked, b"m=8,t=1,p=1"))
        return self._lib.argon2_verify(encoded, *args)


def _seen(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def noting(*args: Any, **more: Any) -> Any:
        _note(name)
        return function(*args, **more)

    return noting


def _note(cost: str) -> None:
    on_loop = asyncio._get_running_loop() is not None
    with _lock:
        _hashes.append({"cost": cost, "on_loop": on_loop})
    if not on_loop:  # on the loop's own thread, waiting would stop everything
        for hold in list(_holds.values()):
            with _lock:
                hold.waiting += 1
            hold.released.wait()
            with _lock:
                hold.waiting -= 1


# What the grader asks, by name; see `Service.observed`


def hashes() -> list[dict[str, Any]]:
    """Every time that a password was hashed since the start: its `cost`, and whether it was `on_loop`."""
    with _lock:
        return list(_hashes)


def hold_hashes() -> int:
    """Let all hashing that follows wait; return the number of the hold."""
    number = next(_hold_numbers)
    _holds[number] = _Hold()
    return number


def hashes_waiting(number: int) -> int:
    """How many wait on this hold."""
    return _holds[number].waiting if number in _holds else 0


def release_hashes(number: int) -> None:
    """Let what waits on this hold go on, and hold no more."""
    if hold := _holds.pop(number, None):
        hold.released.set()
