"""Inside the service's process: what happens between a learner's code and its database, seen on SQLAlchemy's classes.

Whatever the code looks like, its statements, commits and connections pass there. Nothing is watched, and nothing is
imported, until the code has imported SQLAlchemy.
"""

import asyncio
import itertools
import re
import sys
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

HEADER = "X-Testbed-Request"
"""The header by which a check's request brings its number; the app never sees it."""
COMMIT_FAILED = "this COMMIT was made to fail by the check"
FRAME = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)\b", re.IGNORECASE)
LONGEST = 4000
"""Characters that are kept of a statement."""

_request: ContextVar[int] = ContextVar("testbed_request")
_watched: set[str] = set()
_lock = threading.Lock()
_texts: dict[str, str] = {}
_statements: defaultdict[int, list[str]] = defaultdict(list)
_lazy_loads: list[str] = []
_connections: "weakref.WeakSet[Any]" = weakref.WeakSet()
_failures = {"due": 0, "done": 0}


def begin_request(scope: MutableMapping[str, Any]) -> None:
    """Take the request's number out of its headers; what it does from here on, in any task or thread, is its own."""
    name = HEADER.lower().encode()
    for key, value in scope.get("headers", ()):
        if key == name and value.isdigit():
            _request.set(int(value))
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != name]
            return


def install() -> None:
    """Watch what is imported by now of SQLAlchemy; to be called again when more may be."""
    for module, watch in (("sqlalchemy", _watch_engines), ("sqlalchemy.orm", _watch_loaders)):
        if module in sys.modules and module not in _watched:
            _watched.add(module)
            watch()


def _watch_engines() -> None:
    from sqlalchemy import Engine, Pool, event

    event.listen(Engine, "before_cursor_execute", _on_statement)
    event.listen(Engine, "commit", _on_commit)
    event.listen(Pool, "checkout", _on_checkout)


def _on_statement(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
    number = _request.get(0)
    if number and not FRAME.match(statement):
        text = statement[:LONGEST]
        _statements[number].append(_texts.setdefault(text, text))  # one text may be sent thousands of times
    for hold in [hold for hold, word in list(_words.items()) if number and word in statement]:
        with _lock:
            first = _words.pop(hold, None) is not None
        if first and hold in _holds:
            _holds[hold].wait()


def _on_checkout(dbapi_connection: Any, record: Any, fairy: Any) -> None:
    with _lock:
        _connections.add(fairy)


def _on_commit(conn: Any) -> None:
    try:
        for hold in [hold for number in list(_of_commits) if (hold := _holds.get(number))]:
            hold.wait()
        with _lock:
            fails = _failures["due"] > 0
            if fails:
                _failures["due"] -= 1
                _failures["done"] += 1
        if fails:
            raise conn.dialect.loaded_dbapi.OperationalError(COMMIT_FAILED)
    except BaseException as error:
        # The event comes right before the driver's commit; from here on all is as if that had raised.
        conn._handle_dbapi_exception(error, None, None, None, None)


def _watch_loaders() -> None:
    from sqlalchemy.orm import PassiveFlag, strategies
    from sqlalchemy.orm.exc import DetachedInstanceError

    loader: Any = strategies._LazyLoader  # type: ignore[attr-defined, unused-ignore]
    load, emit, refuse = loader._load_for_state, loader._emit_lazyload, loader._invoke_raise_load

    def loading(self: Any, *args: Any, **more: Any) -> Any:
        try:
            return load(self, *args, **more)
        except DetachedInstanceError:
            _note_load(self)
            raise

    def emitting(self: Any, session: Any, state: Any, identity: Any, passive: Any, *args: Any) -> Any:
        # Not asked for by the code that runs: `immediateload`, and what a flush has to know, as before a delete.
        immediate = args[3] is not None
        if not immediate and not passive & PassiveFlag.NO_RAISE:
            _note_load(self)
        return emit(self, session, state, identity, passive, *args)

    def refusing(self: Any, state: Any, passive: Any, lazy: str) -> Any:
        if lazy == "raise":
            _note_load(self)
        return refuse(self, state, passive, lazy)

    loader._load_for_state, loader._emit_lazyload, loader._invoke_raise_load = loading, emitting, refusing


def _note_load(loader: Any) -> None:
    _lazy_loads.append(f"{loader.parent.class_.__name__}.{loader.key}")


class _Hold:
    """Commits that wait until they are let go; the event loop goes on meanwhile."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.waiting = 0

    def wait(self) -> None:
        wait = self._way_to_wait()
        if self.released.is_set() or wait is None:
            return
        with _lock:
            self.waiting += 1
        try:
            wait()
        finally:
            with _lock:
                self.waiting -= 1

    def _way_to_wait(self) -> Callable[[], Any] | None:
        from sqlalchemy.util import concurrency

        if concurrency.in_greenlet():
            return lambda: concurrency.await_only(self._polite())
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.released.wait
        return None  # a blocking commit on the loop's own thread: to hold it would stop everything

    async def _polite(self) -> None:
        while not self.released.is_set():  # noqa: ASYNC110 - whoever releases it is a thread
            await asyncio.sleep(0.002)


_holds: dict[int, _Hold] = {}
_of_commits: set[int] = set()
_words: dict[int, str] = {}
"""What stands in the statement that a hold is still waiting for."""
_hold_numbers = itertools.count(1)


# What the grader asks, by name; see `Service.observed`


def statements(number: int) -> list[str]:
    """The statements that the request of this number has caused."""
    return list(_statements[number])


def lazy_loads() -> list[str]:
    """The attributes that were loaded lazily, or tried to be, one entry for each time."""
    return list(_lazy_loads)


def connections_out() -> int:
    """How many connections are out of their pools."""
    with _lock:
        return sum(fairy.is_valid for fairy in list(_connections))


def fail_commits(times: int) -> None:
    """Let the next commits fail."""
    with _lock:
        _failures["due"] += times


def commits_failed() -> int:
    """How many commits were made to fail."""
    return _failures["done"]


def hold_commits() -> int:
    """Let every commit that follows wait; return the number of the hold."""
    number = next(_hold_numbers)
    _holds[number] = _Hold()
    _of_commits.add(number)
    return number


def hold_statement(word: str) -> int:
    """Let the next statement of a request with this word in it wait; return the number of the hold."""
    number = next(_hold_numbers)
    _holds[number] = _Hold()
    _words[number] = word
    return number


def statement_waiting(number: int) -> int:
    """Whether a statement waits on this hold, as 0 or 1."""
    return commits_waiting(number)


def release_statement(number: int) -> None:
    """Let the statement on this hold go on, and hold none."""
    _words.pop(number, None)
    release_commits(number)


def commits_waiting(number: int) -> int:
    """How many commits wait on this hold."""
    return _holds[number].waiting if number in _holds else 0


def release_commits(number: int) -> None:
    """Let the commits on this hold go on, and hold no more."""
    _of_commits.discard(number)
    if hold := _holds.pop(number, None):
        hold.released.set()
