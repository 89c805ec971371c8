"""A real PostgreSQL: it starts, serves, is seen on the wire, and is gone when nobody needs it any more."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from workshop.testbed import postgres, postgres_files
from workshop.testbed.databases import OWN, NoPostgresError, database_named
from workshop.testbed.loop import run
from workshop.testbed.postgres_database import PostgresDatabase, filled_in, kept_database
from workshop.testbed.reason import StepFailed
from workshop.testbed.waiting import Waiter
from workshop.testbed.wire import _Messages

SECONDS = 120
HOUSE = Path(__file__).parents[2]
CHILD = """
import os, sys, time
from pathlib import Path
from workshop.testbed import postgres, postgres_files
if len(sys.argv) > 1:
    postgres_files._cache = lambda **_: Path(sys.argv[1])
running = postgres.server()
assert running.execute("SELECT 1") == [(1,)]
print(running.process.port, running.process._supervisor.pid, running.process.folder, flush=True)
"""
STAYS = CHILD + "time.sleep(100)\n"
FORKS = CHILD + "if forked := os.fork():\n    print(forked, flush=True)\ntime.sleep(100)\n"

Start = Callable[..., "Child"]


@pytest.fixture(autouse=True)
def _possible() -> None:
    """Nothing of this can be tried where the package has no programs."""
    try:
        postgres_files.find_files()
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
def database() -> Iterator[PostgresDatabase]:
    """A database with a table of one row."""
    database = PostgresDatabase()
    database.execute("CREATE TABLE notes (id serial PRIMARY KEY, text text, done boolean, at timestamptz)")
    database.execute("INSERT INTO notes (text, done, at) VALUES (?, ?, ?)", "it's?", 1, "2026-11-21 03:00:00Z")
    yield database
    database.close()


class Child:
    """A process that has a server."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout
        port, supervisor, folder = process.stdout.readline().strip().split(" ", 2)
        self.port, self.folder = int(port), Path(folder)
        self.supervisor = psutil.Process(int(supervisor))
        (self.server,) = self.supervisor.children()

    @property
    def gone(self) -> bool:
        """Whether nothing of its server is left."""
        return not self.supervisor.is_running() and not self.server.is_running() and not self.folder.exists()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts such processes."""
    with ExitStack() as started:

        def start(code: str, *args: str, python: str = sys.executable, **how: object) -> "subprocess.Popen[str]":
            command = [python, "-c", code, *args]
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
            process = subprocess.Popen(command, text=True, **({"cwd": HOUSE} | pipes | how))
            started.callback(lambda: (process.kill(), process.communicate()))
            return process

        yield start


@pytest.fixture
def cache() -> Iterator[Path]:
    """An empty cache, which everybody may enter, with a space in its path."""
    folder = Path(tempfile.mkdtemp(prefix="shelf cache "))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_it_is_spoken_to_like_a_file(database: PostgresDatabase) -> None:
    """The same words as for SQLite do the same."""
    assert database.rows("SELECT text, done FROM notes WHERE text LIKE '%?' AND id = ?", 1) == [("it's?", True)]
    assert database.execute("UPDATE notes SET done = ?, text = NULL", 0) == 1
    assert database.execute("CREATE TABLE more (id int)") == -1
    assert database.rows("SELECT done, text FROM notes") == [(False, None)]
    with pytest.raises(StepFailed, match='relation "nothing" does not exist'):
        database.rows("SELECT * FROM nothing")
    with pytest.raises(StepFailed, match="is not there"):
        PostgresDatabase().rows("SELECT 1")


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ("a = ? AND b = '?' AND \"c?\" = ?", (1, None), "a = '1' AND b = '?' AND \"c?\" = NULL"),
        ("SELECT '{}'::jsonb ? 'a'", (), "SELECT '{}'::jsonb ? 'a'"),
        ("VALUES (?, ?)", (b"\x00\xff", "it's"), "VALUES ('\\x00ff', 'it''s')"),
    ],
)
def test_parameters_find_their_places(sql: str, params: tuple[object, ...], expected: str) -> None:
    """Not within texts and names."""
    assert filled_in(sql, params) == expected


def test_databases_are_copies_of_one(database: PostgresDatabase) -> None:
    """Each with its rows, none with another's; each is found by its address."""
    with database.making() as template:
        template.execute("CREATE TABLE notes (text text)")
        template.execute("INSERT INTO notes VALUES ('made once')")
        made = template.made()
    first, second = database.beside("first"), database.beside("second")
    for each in (first, second):
        each.put(made)
    first.execute("INSERT INTO notes VALUES ('mine')")
    first.put(made)
    assert first.rows("SELECT text FROM notes") == [("made once",), ("mine",)]
    assert second.rows("SELECT text FROM notes") == [("made once",)]
    assert database.beside("first") is first
    assert database_named(first.url, Path(), database) is first
    assert database_named("postgresql://127.0.0.1:1/other", Path(), database) is None
    assert not first.is_empty


def test_services_are_no_superusers(database: PostgresDatabase) -> None:
    """They own what is in their database; nobody comes in without the password."""
    assert database.rows("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    url = database.url.replace("+asyncpg", "")
    assert run(ask(url, "SELECT current_user")) == "shelf"
    run(ask(url, "ALTER TABLE notes ADD COLUMN more int"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        run(ask(url.replace(database.server.login.password, "guessed"), "SELECT 1"))


async def ask(url: str, sql: str) -> object:
    """What a query finds, in a connection of its own."""
    connection = await asyncpg.connect(url, timeout=SECONDS)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def test_the_wire_counts_and_kills(database: PostgresDatabase) -> None:
    """Connections as they are, whoever ends them; what only cancels a statement is none; others have other wires."""
    wire, url = database.wire, database.url.replace("+asyncpg", "")

    async def work() -> None:
        several = [await asyncpg.connect(url) for _ in range(3)]
        assert (wire.open, wire.most, wire.made) == (3, 3, 3)
        await several.pop().close()
        assert await settled(lambda: wire.open == 2)
        with pytest.raises(TimeoutError):
            await several[0].fetch("SELECT pg_sleep(100)", timeout=0.05)
        assert await several[0].fetchval("SELECT text FROM notes") == "it's?"
        await several[0].execute("SELECT pg_terminate_backend($1::int)", several[1].get_server_pid())
        assert await settled(lambda: several[1].is_closed() and wire.open == 1)
        assert (wire.most, wire.made) == (3, 3)

    asyncio.run(work())
    assert Waiter().until(lambda: wire.open == 0)
    assert (wire.most, wire.made) == (3, 3)
    assert database.beside("other").wire.made == 0

    async def be_killed() -> None:
        several = [await asyncpg.connect(url) for _ in range(2)]
        wire.forget()
        assert await asyncio.to_thread(wire.kill) == 2
        assert (wire.open, wire.most, wire.made) == (0, 2, 0)
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
            await several[0].fetch("SELECT 1")
        assert await ask(url, "SELECT 1") == 1

    asyncio.run(be_killed())


async def settled(condition: Callable[[], bool]) -> bool:
    """Wait in a thread, so that what is waited for can happen here."""
    return await asyncio.to_thread(Waiter().until, condition)


def test_the_wire_counts_trips(database: PostgresDatabase) -> None:
    """A statement is a trip once it is prepared; BEGIN and COMMIT are others; what was sent back is counted."""
    wire, url = database.wire, database.url.replace("+asyncpg", "")
    pieces = _Messages()
    said = b"Q\0\0\0\x0aSELECT" + b"S\0\0\0\4" + b"B\0\0\0\x08SSSS" + b"S\0\0\0\4"
    assert b"".join(pieces.take(said[at : at + 1]) for at in range(len(said))) == b"QSBS"

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.fetchval("SELECT repeat('x', $1::int)", 1)
            wire.forget()
            await connection.fetchval("SELECT repeat('x', $1::int)", 5000)
            assert (wire.trips, wire.received > 5000) == (1, True)
            async with connection.transaction():
                await connection.fetchval("SELECT repeat('x', $1::int)", 1)
            assert (wire.trips, wire.executed) == (4, 4)
            wire.forget()
            await connection.executemany("SELECT $1::int", [(1,), (2,), (3,)])
            assert (wire.executed, wire.trips < 3) == (3, True)
        finally:
            await connection.close()

    asyncio.run(work())


def test_the_wire_refuses_and_pauses(database: PostgresDatabase) -> None:
    """Nobody gets in; nobody gets an answer; then all goes on, and who has gone meanwhile is gone."""
    wire, url = database.wire, database.url.replace("+asyncpg", "")

    async def work() -> None:
        kept = await asyncpg.connect(url)
        await asyncio.to_thread(wire.refuse)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncpg.connect(url, timeout=SECONDS)
        assert await kept.fetchval("SELECT 1") == 1
        await asyncio.to_thread(wire.accept)
        await asyncio.to_thread(wire.pause)
        waiting = asyncio.ensure_future(kept.fetchval("SELECT 2"))
        leaving = asyncio.ensure_future(asyncpg.connect(url))
        assert await settled(lambda: wire.open == 2)
        leaving.cancel()
        assert await settled(lambda: wire.open == 1)
        assert not waiting.done()
        await asyncio.to_thread(wire.resume)
        assert await waiting == 2
        await kept.close()

    asyncio.run(work())
    assert Waiter().until(lambda: wire.open == 0)
    assert Waiter().until(lambda: not database.rows(OTHERS))


OTHERS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT", "group", "exit"])
def test_it_is_gone_with_its_owner(start: Start, how: str) -> None:
    """However that one ended."""
    ends = CHILD + "sys.stdin.readline()\n"
    owner = start(ends if how == "exit" else STAYS, start_new_session=True, stdin=subprocess.PIPE)
    child = Child(owner)
    assert owner.stdin
    if how == "exit":
        owner.stdin.write("\n")
        owner.stdin.flush()
    if how == "group":
        os.killpg(owner.pid, signal.SIGKILL)
    elif how != "exit":
        owner.send_signal(getattr(signal, how))
    assert owner.wait(SECONDS) is not None
    assert Waiter().until(lambda: child.gone)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_does_not_keep_it(start: Start) -> None:
    """The parent does, and it alone."""
    owner = start(FORKS)
    child = Child(owner)
    assert owner.stdout
    forked = int(owner.stdout.readline())
    assert forked > 1
    try:
        assert not child.gone
        owner.kill()
        assert Waiter().until(lambda: child.gone)
        assert psutil.pid_exists(forked)
    finally:
        with suppress(ProcessLookupError):
            os.kill(forked, signal.SIGKILL)


def test_two_begin_with_an_empty_cache(start: Start, cache: Path) -> None:
    """At the same time; then there is one template, and a spare for the next one, which is faster by it."""
    both = [Child(process) for process in [start(STAYS, str(cache)) for _ in range(2)]]
    assert both[0].folder != both[1].folder
    for child in both:
        child.process.kill()
    (place,) = cache.iterdir()
    names = lambda: sorted(path.name.split("-")[0] for path in place.iterdir())  # noqa: E731
    assert Waiter().until(lambda: names() in (["spare", "template"], ["spare", "spare", "template"]), SECONDS)
    spares = names().count("spare")
    Child(start(STAYS, str(cache)))
    assert names().count("spare") == spares - 1


def ordinary_python() -> str:
    """An interpreter that the user `nobody` may run, with the same libraries."""
    found = [
        sys.executable,
        *(f"{folder}/python3.{sys.version_info.minor}" for folder in ("/usr/bin", "/usr/local/bin")),
    ]
    for python in found:
        command = [python, "-c", "import asyncpg"]
        how = {"env": {"PYTHONPATH": postgres_path()}, "user": "nobody", "group": "nogroup", "extra_groups": ()}
        with suppress(OSError):
            if subprocess.run(command, **how, check=False, capture_output=True, cwd="/").returncode == 0:
                return python
    pytest.skip("there is no Python here that another user may run")


def postgres_path() -> str:
    """Where the workshop and its libraries are."""
    return f"{HOUSE}{os.pathsep}{Path(asyncpg.__file__).parents[1]}"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_root_and_others_can_have_it(start: Start, cache: Path, user: str) -> None:
    """Where root starts it, it runs as somebody else; and a strict umask does not matter."""
    env = {"PYTHONPATH": postgres_path(), "XDG_CACHE_HOME": str(cache), "PATH": os.environ["PATH"]}
    how = {} if user == "root" else {"user": "nobody", "group": "nogroup", "extra_groups": (), "env": env}
    python = sys.executable if user == "root" else ordinary_python()
    child = Child(start(STAYS, python=python, umask=0o077, **how))
    assert child.server.username() == "nobody"
    assert child.supervisor.username() == user
    assert child.folder.is_relative_to(cache) == (user == "nobody")
    child.process.kill()
    assert Waiter().until(lambda: child.gone)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root runs it as somebody else")
def test_programs_in_a_home_of_roots(cache: Path) -> None:
    """Are copied, with their libraries, to where others may read them."""
    package = postgres_files._programs().parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, cache / "home" / folder.name, symlinks=True)
    (cache / "home").chmod(0o700)
    (cache / "place").mkdir()
    programs = cache / "home" / package.name / "pginstall"
    assert not postgres_files._all_may_enter(programs)
    copied = postgres_files._copied_programs(programs, cache / "place")
    assert copied == postgres_files._copied_programs(programs, cache / "place")
    nobody = {"user": "nobody", "group": "nogroup", "extra_groups": ()}
    for name in ("initdb", "postgres"):
        subprocess.run([copied / "bin" / name, "--version"], check=True, cwd="/", **nobody)


def test_a_server_that_has_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """By another one, with nothing in it."""
    monkeypatch.setattr(postgres, "_current", None)
    first = postgres.server()
    assert first.process
    assert postgres.server() is first
    first.process._supervisor.kill()
    psutil.Process(int((first.process.folder / "data/postmaster.pid").read_text().split()[0])).send_signal(
        signal.SIGQUIT
    )
    assert Waiter().until(lambda: not first.alive)
    second = postgres.server()
    assert second.execute("SELECT 1") == [(1,)]
    second.close()
    assert second.process
    assert not first.process.folder.exists()
    assert not second.process.folder.exists()


def test_a_server_of_ones_own(database: PostgresDatabase, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made there is dropped, and what was there is left alone; what is kept is found again."""
    admin = database.server.admin
    monkeypatch.setenv(OWN, admin.url("postgres").replace("+asyncpg", ""))
    names = "SELECT datname FROM pg_database ORDER BY 1"
    before = database.server.execute(names)
    code = """
from workshop.testbed.postgres_database import PostgresDatabase
made = PostgresDatabase()
made.execute("CREATE TABLE notes (text text)")
with made.making() as template:
    template.made()
assert made.rows("SELECT * FROM notes") == [] and made.server.process is None and made.url
"""
    assert start(code).wait(SECONDS) == 0
    assert database.server.execute(names) == before
    for expected in ([], [("kept",)]):
        with kept_database(Path("lesson_14")) as kept:
            kept.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
            assert kept.rows("SELECT text FROM notes") == expected
            kept.execute("INSERT INTO notes VALUES ('kept')")
    assert [(name,) for (name,) in database.server.execute(names) if (name,) not in before] == [
        ("shelf_workshop_lesson_14",)
    ]


def test_data_that_are_kept(cache: Path) -> None:
    """Are there again, after an end of any kind."""
    for expected in ([], [("kept",)]):
        with kept_database(cache / "lesson_14") as kept:
            kept.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
            assert kept.rows("SELECT text FROM notes") == expected
            kept.execute("INSERT INTO notes VALUES ('kept')")


def test_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, with what to do."""
    monkeypatch.setattr(postgres, "_current", None)
    monkeypatch.setattr(postgres_files, "PACKAGE", "no-postgres")
    with pytest.raises(NoPostgresError, match=r"has no programs for this system\. A server of your own serves"):
        postgres.server()
    for url in ("mysql://localhost/x", "postgresql://127.0.0.1:1/x"):
        monkeypatch.setenv(OWN, url)
        with pytest.raises(NoPostgresError, match="cannot be had here"):
            postgres.server().execute("SELECT 1")
    monkeypatch.setattr(postgres, "_current", None)
