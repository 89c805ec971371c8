"""The service's database, as a check sees it: its file, and its commits."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.waiting import GUARD, Waiter

LOCK_SECONDS = 10.0


class _Outcome(NamedTuple):
    rows: list[tuple[Any, ...]]
    changed: int


class Database:
    """An SQLite file, spoken to past the service, each time in a short transaction of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def url(self) -> str:
        """Its address, as SQLAlchemy writes one."""
        return f"sqlite+aiosqlite:///{self.path.as_posix()}"

    @property
    def direct_url(self) -> str:
        """The same; nothing stands between."""
        return self.url

    def beside(self, name: str) -> "Database":
        """Return another database of the step: the file `<name>.db` in the same folder."""
        return Database(self.path.with_name(f"{name}.db"))

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds; the step fails where the file or a table is missing."""
        return self._run(sql, params, "rw").rows

    def execute(self, sql: str, *params: Any) -> int:
        """Run one statement, commit, and return how many rows it changed; the file is made if need be."""
        return self._run(sql, params, "rwc").changed

    def close(self) -> None:
        """Do nothing: nothing is kept open."""

    # For whoever makes databases: see `migrations`

    place = ""
    """Where it is; copies can be made from one place to the same place. Files can be copied anywhere."""

    @property
    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    @property
    def is_empty(self) -> bool:
        """Whether nobody has made anything in it."""
        return not self.exists

    def put(self, template: bytes = b"") -> None:
        """Make it, as a copy, unless it is there; of nothing no file is made."""
        if template and not self.exists:
            self.path.write_bytes(template)

    @contextmanager
    def making(self) -> Iterator["Database"]:
        """Yield a database in which something can be made; it is gone when that is over."""
        with tempfile.TemporaryDirectory(prefix="shelf-migrated-") as place:
            yield Database(Path(place) / "shelf.db")

    def made(self) -> bytes:
        """Return what a copy can be `put` from."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what is in a file beside it goes into it
        return self.path.read_bytes()

    def named(self, url: str) -> None:
        """Return no other database: files are known by their names alone."""

    def without_place(self, text: str) -> str:
        """Return a text without the folder in it."""
        return text.replace(str(self.path), self.path.name)

    def _run(self, sql: str, params: tuple[Any, ...], mode: str) -> _Outcome:
        try:
            address = f"{self.path.resolve().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS)) as connection, connection:
                cursor = connection.execute(sql, params)
                return _Outcome(cursor.fetchall(), cursor.rowcount)
        except sqlite3.Error as error:
            raise StepFailed(self._failed(sql, error)) from error

    def _failed(self, sql: str, error: sqlite3.Error) -> Reason:
        missing = not self.path.exists()
        name = self.path.name
        return Reason(
            saw=f"There is no file {name}." if missing else f"In {name}, the statement `{sql}` failed: {error}.",
            expected=f"a database in the file that DATABASE_URL names ({name}), with the tables of the lesson.",
            cause="the service keeps its rows somewhere else, or under other names, or holds a transaction open.",
            look="the settings, the models, and where the engine and the tables are made.",
        )


class Held:
    """Commits, hashes, or a statement of a service that wait; see `Service.hold_commits`."""

    def __init__(self, observed: Callable[..., Any], waiter: Waiter, what: str, *args: str) -> None:
        self._observed = observed
        self._waiter = waiter
        self._what = what
        self._number = observed(f"hold_{what}", *args)

    @property
    def waiting(self) -> int:
        """How many are waiting."""
        return int(self._observed(f"{self._what}_waiting", self._number))

    def wait_for(self, number: int = 1, seconds: float = GUARD) -> bool:
        """Wait until so many are waiting; False if that does not come."""
        return self._waiter.until(lambda: self.waiting >= number, seconds)

    def release(self) -> None:
        """Let them go on, and hold no others."""
        self._observed(f"release_{self._what}", self._number)
