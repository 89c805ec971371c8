"""A PostgreSQL database, as a check sees it: its rows, and what the service has on the wire to it."""

import datetime
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workshop.testbed.loop import run
from workshop.testbed.postgres import PREFIX, REFUSALS, SECONDS, Server, connect, server, start_kept
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.wire import Wire

LOCK_SECONDS = 10
MARK = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?")
"""Texts and names, which may hold a question mark, or one that stands for a parameter."""
ADAPTED = re.compile(r"\(sqlalchemy\.dialects\.\w+\.asyncpg\.\w+\) ")
"""What SQLAlchemy writes before the words of asyncpg."""


class PostgresDatabase:
    """A database on the server of this process, spoken to past the service and past the wire.

    It is made when something is `put` into it, or by the first `execute`. `beside` gives others, of the same step.
    """

    def __init__(self, on: Server | None = None, name: str = "") -> None:
        """Choose a name for it; nothing is made yet."""
        self.server = on or server()
        self.name = name or self.server.new_name()
        self._wire: Wire | None = None
        self._beside: dict[str, PostgresDatabase] = {}

    @property
    def url(self) -> str:
        """Its address for services, as SQLAlchemy writes one; it leads through the wire."""
        return self.server.login.url(self.name, host="127.0.0.1", port=self.wire.port)

    @property
    def direct_url(self) -> str:
        """Its address past the wire."""
        return self.server.login.url(self.name)

    @property
    def wire(self) -> Wire:
        """What services have to pass on the way to it; it counts them."""
        self._wire = self._wire or Wire(self.server.login.host, self.server.login.port)
        return self._wire

    def beside(self, name: str) -> "PostgresDatabase":
        """Return another database of the step, always the same one for a name; it has a wire of its own."""
        return self._beside.setdefault(name, PostgresDatabase(self.server))

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds; the step fails where the database or a table is missing."""
        found: list[tuple[Any, ...]] = self._run(sql, params, "fetch")
        return [tuple(row) for row in found]

    def execute(self, sql: str, *params: Any) -> int:
        """Run one statement, commit, and return how many rows it changed; the database is made if need be."""
        self.put()
        last = str(self._run(sql, params, "execute")).rpartition(" ")[2]
        return int(last) if last.isdigit() else -1

    def close(self) -> None:
        """Let go of it, of those beside it and of their wires; nobody speaks to them any more."""
        for each in (self, *self._beside.values()):
            if each._wire:
                each._wire.close()
            self.server.drop(each.name)

    # For whoever makes databases: see `migrations`

    @property
    def exists(self) -> bool:
        """Whether it was made."""
        return self.server.exists(self.name)

    @property
    def is_empty(self) -> bool:
        """Whether there is no table in it."""
        return not self.rows("SELECT 1 FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")

    @property
    def place(self) -> str:
        """Where it is; copies can be made from one place to the same place."""
        return self.server.token

    def put(self, template: Any = "template1", *, keep: bool = False) -> None:
        """Make it, as a copy of another one, unless it is there; it stays on its server only if it is to be kept."""
        if not self.exists:
            self.server.create(self.name, template, keep=keep)

    @contextmanager
    def making(self) -> Iterator["PostgresDatabase"]:
        """Yield an empty database in which something can be made; it stays, for copies, if all goes well."""
        made = PostgresDatabase(self.server)
        made.put()
        try:
            yield made
        except BaseException:
            self.server.drop(made.name)
            raise

    def made(self) -> str:
        """Return what a copy can be `put` from; from now on nobody can connect to it."""
        self.server.seal(self.name)
        return self.name

    def named(self, url: str) -> "PostgresDatabase | None":
        """Return the database that an address means, if it is this one or one beside it."""
        there = urlsplit(url)
        known = (each for each in (self, *self._beside.values()) if each.name == there.path.strip("/"))
        return next(known, None) if there.scheme.startswith("postgres") else None

    def without_place(self, text: str) -> str:
        """Return a text without its address in it."""
        for secret in (self.direct_url, self.server.login.password):
            text = text.replace(secret, "...") if secret else text
        return ADAPTED.sub("", text)

    def _run(self, sql: str, params: tuple[Any, ...], how: str) -> Any:
        try:
            return run(self._ask(filled_in(sql, params), how), SECONDS)
        except REFUSALS as error:
            raise StepFailed(self._failed(sql, error)) from error

    async def _ask(self, sql: str, how: str) -> Any:
        # As the service's own role, but with the administrator's right to connect when all other connections are taken.
        role = {} if self.server.admin == self.server.login else {"role": self.server.login.user}
        connection = await connect(self.server.admin, self.name, lock_timeout=f"{LOCK_SECONDS}s", **role)
        try:
            return await getattr(connection, how)(sql)
        finally:
            await connection.close()

    def _failed(self, sql: str, error: Exception) -> Reason:
        missing = not self.exists
        return Reason(
            saw="The step's database is not there." if missing else f"The statement `{sql}` failed: {error}.",
            expected="a PostgreSQL database, the one that DATABASE_URL names, with the tables of the lesson.",
            cause="no service was started yet; or it keeps its rows under other names, or holds a transaction open.",
            look="the settings, the models, and where the engine and the tables are made.",
        )


@contextmanager
def kept_database(folder: Path) -> Iterator[PostgresDatabase]:
    """Yield a database whose rows are there again when it is asked for with the same folder."""
    with closing(start_kept(folder)) as running:
        database = PostgresDatabase(running, "shelf" if running.process else f"{PREFIX}_{folder.name}")
        database.put(keep=True)
        yield database


def filled_in(sql: str, params: tuple[Any, ...]) -> str:
    """Return a statement with its parameters, written as `?`, in their places.

    They are written as texts without a type, so PostgreSQL takes each for what the place wants: 1 can be true, and a
    text a date, as with SQLite.
    """
    if not params:
        return sql
    waiting = iter(params)
    filled = MARK.sub(lambda found: literal(next(waiting)) if found[0] == "?" else found[0], sql)
    if left := list(waiting):
        raise ValueError(f"{sql}: there is no place for {left}")
    return filled


def literal(value: Any) -> str:
    """Return a value as it is written in a statement."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, datetime.date | datetime.time):
        value = value.isoformat()
    return "'" + str(value).replace("'", "''") + "'"
