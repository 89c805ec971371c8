"""What a check sees of a service's database: statements, lazy loads, connections, commits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.testbed.database import Database
from workshop.testbed.process import warm_up
from workshop.testbed.reason import StepFailed
from workshop.testbed.service import Service

SERVICE = '''"""Notes with labels, in a database, in several ways."""

import asyncio
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from sqlalchemy import ForeignKey, create_engine, insert, select, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, immediateload

engine = create_async_engine(os.environ["DATABASE_URL"])
blocking = create_engine(os.environ["DATABASE_URL"].replace("+aiosqlite", ""))
new_session = async_sessionmaker(engine, expire_on_commit=False)
kept = []


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    labels: Mapped[list["Label"]] = relationship(cascade="all, delete-orphan")
    strict: Mapped[list["Label"]] = relationship(lazy="raise", viewonly=True)


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))


@asynccontextmanager
async def life(app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Note(id=1, text="first", labels=[Label(), Label()]))
    yield
    await engine.dispose()


app = FastAPI(lifespan=life)


@app.get("/headers")
async def headers(request: Request):
    return dict(request.headers)


@app.get("/selects/{count}")
async def selects(count: int):
    async with new_session() as session:
        for number in range(count):
            await session.execute(text(f"SELECT {count} * 1000 + {number}"))
            await asyncio.sleep(0)


@app.get("/elsewhere")
async def elsewhere():
    def work():
        with blocking.connect() as connection:
            connection.execute(text("SELECT 'thread'"))

    async def task():
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 'task'"))

    await asyncio.create_task(task())
    await asyncio.to_thread(work)


@app.get("/plain")
def plain():
    with Session(blocking) as session:
        session.execute(text("SELECT 'plain'"))


@app.post("/many")
async def many():
    async with engine.begin() as connection:
        await connection.execute(text("PRAGMA foreign_keys=ON"))
        await connection.execute(insert(Note), [{"text": str(n)} for n in range(50)])


@app.post("/orm")
async def orm():
    async with new_session.begin() as session:
        session.add(Note(text="orm"))


@app.post("/core")
async def core():
    async with engine.begin() as connection:
        await connection.execute(insert(Note).values(text="core"))


@app.post("/sync")
def sync():
    with Session(blocking) as session, session.begin():
        session.add(Note(text="sync"))


@app.post("/hasty")
async def hasty():
    try:
        async with new_session() as session, asyncio.timeout(0.3):
            session.add(Note(text="hasty"))
            await session.commit()
    except TimeoutError:
        return "given up"


@app.post("/immediate")
async def immediate():
    async with engine.begin() as connection:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        for text in ("one", "two"):
            async with connection.begin_nested():
                await connection.execute(insert(Note).values(text=text))


@app.get("/lazy/{how}")
async def lazy(how: str):
    options = {"eager": [selectinload(Note.labels)], "immediate": [immediateload(Note.labels)]}.get(how, [])
    async with new_session() as session:
        note = (await session.scalars(select(Note).options(*options))).first()
        if how == "in_time":
            await session.run_sync(lambda _: note.labels)
        if how == "strict":
            return len(note.strict)
        if how == "refreshed":
            await session.refresh(note, ["labels"])
        if how == "deleted":
            await session.delete(note)
            await session.flush()
            return 0
        if how != "detached":
            return len(note.labels)
    return len(note.labels)


@app.get("/leak")
async def leak():
    connection = await engine.connect()
    kept.append(connection)


@app.get("/mend")
async def mend():
    await kept.pop().close()
'''


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Services start faster."""
    warm_up(["fastapi", "sqlalchemy.ext.asyncio", "aiosqlite"])


def make_service(folder: Path, text: str = SERVICE) -> Path:
    """Write a service; return its folder."""
    (folder / "app" / "shelf").mkdir(parents=True)
    (folder / "app" / "shelf" / "main.py").write_text(text)
    (folder / "data").mkdir()
    return folder / "app"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The service's database."""
    return Database(tmp_path / "data" / "shelf.db")


@pytest.fixture
def shelf(tmp_path: Path, database: Database) -> Iterator[Service]:
    """The service above."""
    folder = make_service(tmp_path)
    service = Service(folder, tmp_path / "data", env={"DATABASE_URL": database.url})
    yield service.must_run()
    service.close()


def texts(database: Database) -> list[str]:
    """The notes that are kept, without the first."""
    return [text for (text,) in database.rows("SELECT text FROM notes WHERE id > 1")]


def test_each_answer_has_its_own_statements(shelf: Service) -> None:
    """Also when many requests run at once; the number that tells them apart stays hidden from the app."""
    pending = [shelf.start("GET", f"/selects/{count}") for count in range(20)]
    for count, each in enumerate(pending):
        expected = [f"SELECT {count} * 1000 + {number}" for number in range(count)]
        assert each.answer().expect(200).statements == expected
    assert "testbed" not in shelf.get("/headers", headers={"X-Own": "1"}).expect(200).text
    assert shelf.get("/headers", headers={"X-Own": "1"})["x-own"] == "1"


def test_statements_are_seen_in_tasks_and_threads(shelf: Service) -> None:
    """Whoever runs them, they belong to the request."""
    assert shelf.get("/elsewhere").expect(200).statements == ["SELECT 'task'", "SELECT 'thread'"]
    assert shelf.get("/plain").expect(200).statements == ["SELECT 'plain'"]


def test_a_statement_with_many_rows_is_one(shelf: Service) -> None:
    """And PRAGMAs are none."""
    assert len(shelf.post("/many").expect(200).statements) == 1


@pytest.mark.parametrize(
    ("how", "status", "loads"),
    [
        ("eager", 200, 0),
        ("immediate", 200, 0),
        ("deleted", 200, 0),
        ("refreshed", 200, 0),
        ("in_time", 200, 1),
        ("too_late", 500, 1),
        ("strict", 500, 1),
        ("detached", 500, 1),
    ],
)
def test_lazy_loads_are_seen(shelf: Service, how: str, status: int, loads: int) -> None:
    """Those that come too late as well; not what a query or a flush loads by itself."""
    shelf.get(f"/lazy/{how}").expect(status)
    assert shelf.lazy_loads() == [f"Note.{'strict' if how == 'strict' else 'labels'}"] * loads


def test_connections_that_are_out_are_counted(shelf: Service) -> None:
    """Those that nobody gave back."""
    assert shelf.connections_out() == 0
    shelf.get("/leak").expect(200)
    shelf.get("/leak").expect(200)
    assert shelf.connections_out() == 2
    shelf.get("/mend").expect(200)
    assert shelf.connections_out() == 1


@pytest.mark.parametrize("way", ["orm", "core", "sync"])
def test_a_commit_can_fail(shelf: Service, database: Database, way: str) -> None:
    """As a driver says it; the row is not kept, the connection goes back, the next commit succeeds."""
    shelf.fail_commits()
    shelf.post(f"/{way}").expect(500)
    assert shelf.commits_failed() == 1
    assert shelf.waiter.until(lambda: bool(shelf.seen.errors))
    assert shelf.seen.errors[0]["type"] == "OperationalError"
    assert "(sqlite3.OperationalError) this COMMIT was made to fail" in shelf.seen.errors[0]["text"]
    assert (texts(database), shelf.connections_out()) == ([], 0)
    shelf.post(f"/{way}").expect(200)
    assert texts(database) == [way]


@pytest.mark.parametrize("way", ["orm", "core", "sync"])
def test_commits_can_be_held(shelf: Service, database: Database, way: str) -> None:
    """The event loop goes on; after the release all is kept."""
    held = shelf.hold_commits()
    waiting = shelf.start("POST", f"/{way}")
    assert held.wait_for(1)
    shelf.get("/headers").expect(200)
    assert (texts(database), waiting.done) == ([], False)
    held.release()
    waiting.answer().expect(200)
    assert texts(database) == [way]
    shelf.post(f"/{way}").expect(200)


def test_a_commit_that_is_held_can_be_cancelled(shelf: Service, database: Database) -> None:
    """As one that is under way in the driver: nothing is kept, and the connection is not lost."""
    held = shelf.hold_commits()
    assert shelf.post("/hasty").expect(200).json == "given up"
    assert (texts(database), shelf.connections_out()) == ([], 0)
    held.release()
    shelf.post("/orm").expect(200)
    assert texts(database) == ["orm"]


def test_many_commits_are_held_at_once(shelf: Service, database: Database) -> None:
    """Each in its own transaction; those that are to fail wait first."""
    shelf.fail_commits()
    held = shelf.hold_commits()
    pending = [shelf.start("POST", "/sync"), shelf.start("POST", "/many")]
    assert held.wait_for(1)
    assert shelf.commits_failed() == 0
    held.release()
    assert sorted(each.answer().status or 0 for each in pending) == [200, 500]
    assert shelf.commits_failed() == 1


@pytest.mark.parametrize("way", ["orm", "sync"])
def test_one_statement_can_be_held(shelf: Service, database: Database, way: str) -> None:
    """The first with a word in it; the event loop goes on, and so do all others."""
    held = shelf.hold_statement("INSERT INTO notes")
    waiting = shelf.start("POST", f"/{way}")
    assert held.wait_for(1)
    shelf.post("/core").expect(200)
    assert (texts(database), waiting.done, held.waiting) == (["core"], False, 1)
    held.release()
    waiting.answer().expect(200)
    assert texts(database) == ["core", way]


def test_savepoints_are_no_commits(shelf: Service, database: Database) -> None:
    """One COMMIT for the transaction, and only what is in it counts."""
    shelf.fail_commits()
    shelf.post("/immediate").expect(500)
    assert (texts(database), shelf.commits_failed()) == ([], 1)
    answer = shelf.post("/immediate").expect(200)
    assert [statement.split()[0] for statement in answer.statements] == ["INSERT", "INSERT"]


def test_sqlalchemy_may_be_imported_late(tmp_path: Path) -> None:
    """By a route, say."""
    text = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef known():\n"
    text += (
        "    from sqlalchemy import create_engine, text\n\n    with create_engine('sqlite://').connect() as connection:"
    )
    service = make_service(tmp_path, text + " connection.execute(text('SELECT 1'))\n")
    shelf = Service(service, tmp_path / "data")
    try:
        assert shelf.get("/").expect(200).statements in ([], ["SELECT 1"])
        assert shelf.get("/").expect(200).statements == ["SELECT 1"]
    finally:
        shelf.close()


def test_a_service_without_a_database_has_seen_nothing(tmp_path: Path) -> None:
    """And has not imported anything for it."""
    text = "import sys\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef known():\n"
    folder = make_service(tmp_path, text + "    return 'sqlalchemy' in sys.modules\n")
    shelf = Service(folder, tmp_path / "data", warm=False)
    try:
        answer = shelf.get("/").expect(200)
        assert (answer.json, answer.statements) == (False, [])
        assert (shelf.lazy_loads(), shelf.connections_out(), shelf.commits_failed()) == ([], 0, 0)
    finally:
        shelf.close()


def test_a_missing_table_is_said_in_words(tmp_path: Path) -> None:
    """And so is a missing file; it is not made by asking."""
    database = Database(tmp_path / "shelf.db")
    with pytest.raises(StepFailed, match=r"There is no file shelf\.db"):
        database.rows("SELECT 1")
    assert not database.path.exists()
    assert database.execute("CREATE TABLE notes (text)") == -1
    assert database.execute("INSERT INTO notes VALUES (?)", "a") == 1
    assert database.rows("SELECT text FROM notes WHERE text = ?", "a") == [("a",)]
    with pytest.raises(StepFailed, match="no such table: others"):
        database.rows("SELECT * FROM others")
