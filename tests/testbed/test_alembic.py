"""Alembic's commands for a check: what is counted, and what is said where they fail."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.tiny import MIGRATIONS, write
from workshop.testbed import alembic as module
from workshop.testbed.alembic import Alembic
from workshop.testbed.database import Database
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.waiting import Waiter

FIRST = "shelf/migrations/versions/0001_notes.py"
SECOND = "shelf/migrations/versions/0002_more.py"
MORE = """import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    engine = op.get_bind().engine
{body}
"""
BATCHES = """    op.get_bind().commit()
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT * FROM notes")).fetchall()
            for each in range(10):
                connection.execute(sa.text("INSERT INTO notes VALUES ('more')"))
"""
Make = Callable[..., Alembic]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Where the migrations go."""
    return Database(tmp_path / "shelf.db")


@pytest.fixture
def make(tmp_path: Path, database: Database) -> Make:
    """A service with two migrations, the second of which does this."""

    def make(body: str, **files: str) -> Alembic:
        folder = write(tmp_path / "app", MIGRATIONS | {SECOND: MORE.format(body=body)} | files)
        return Alembic(folder, {}, database, Waiter(), [])

    return make


def reason_of(run: Callable[[], object]) -> Reason:
    """Why a run fails."""
    with pytest.raises(StepFailed) as failed:
        run()
    return failed.value.reason


def test_transactions_and_rows_are_counted(make: Make) -> None:
    """How many rows each transaction changes, on every connection; how many are fetched at once."""
    alembic = make(BATCHES)
    alembic("upgrade 0001")
    ran = alembic("upgrade 0002")
    assert ran.transactions[:3] == [10, 10, 10]
    assert ran.most_rows == 20


def test_what_commits_by_itself_is_counted_too(make: Make) -> None:
    """Each statement, when nobody has begun a transaction."""
    body = """    with op.get_context().autocommit_block():
        for _ in range(3):
            op.execute("INSERT INTO notes VALUES ('one'), ('two')")
"""
    assert make(body)("upgrade 0002").transactions[-4:-1] == [2, 2, 2]


def test_it_can_die_halfway(make: Make, database: Database) -> None:
    """Before the commit of the n-th transaction; what was committed before stays."""
    alembic = make(BATCHES)
    alembic("upgrade 0001")
    ran = alembic.attempt("upgrade 0002", dies_at=2)
    assert ran.died
    assert ran.transactions == [10]
    assert database.rows("SELECT count(*) FROM notes") == [(10,)]


def test_something_can_be_done_first(make: Make, database: Database) -> None:
    """In the same process, with `shelf` importable."""

    def before() -> None:
        import shelf

        shelf.word = "said"  # type: ignore[attr-defined]

    body = "    import shelf\n    op.execute(f\"INSERT INTO notes VALUES ('{shelf.word}')\")"
    make(body).attempt("upgrade 0002", before=before).expect_ok()
    assert database.rows("SELECT * FROM notes") == [("said",)]


@pytest.mark.parametrize(
    ("body", "saw", "cause", "look"),
    [
        ("    op.execute('SELECT a FROM b')", "no such table: b", "an error in a migration", f"{SECOND}, line 9."),
        ("    )", "SyntaxError: unmatched ')'", "an error in a migration", f"{SECOND}, line 9."),
        (
            "    op.add_column('notes', sa.Column('a', sa.Text, nullable=False))",
            "Cannot add a NOT NULL column with default value NULL",
            "cannot be given to a table that has rows",
            f"{SECOND}, line 9.",
        ),
        (
            "    op.create_table('notes', sa.Column('a', sa.Text))",
            "already exists",
            "an earlier run",
            f"{SECOND}, line 9.",
        ),
    ],
)
def test_what_fails_is_said(make: Make, database: Database, body: str, saw: str, cause: str, look: str) -> None:
    """The command that failed, its last words, what lies behind them, and the learner's line."""
    alembic = make(body)
    alembic("upgrade 0001") if body.strip() != ")" else None
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text)")
        connection.execute("INSERT INTO notes VALUES ('one')")
    reason = reason_of(lambda: alembic("current", "upgrade 0002"))
    assert saw in reason.saw
    assert cause in reason.cause
    assert look in reason.look


@pytest.mark.parametrize(
    ("second", "cause"),
    [('"0002", None', "two migrations follow the same one"), ('"0002", "0000"', "that no file in `versions/` has")],
)
def test_a_broken_chain_is_said(make: Make, second: str, cause: str) -> None:
    """Two heads, or a link that is missing."""
    text = MORE.format(body="    pass").replace('"0002", "0001"', second)
    reason = reason_of(lambda: make("", **{SECOND: text})("upgrade head"))
    assert reason.saw.startswith("`alembic upgrade head` failed: ")
    assert cause in reason.cause


def test_a_run_without_end_is_waited_for_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one fails at once, with the same words."""
    alembic = make("    while True:\n        pass")
    monkeypatch.setattr(module, "SECONDS", 4.0)
    assert "`alembic upgrade 0002` came to no end" in reason_of(lambda: alembic("upgrade 0001", "upgrade 0002")).saw
    monkeypatch.setattr(module, "SECONDS", 60.0)
    assert "came to no end" in reason_of(lambda: alembic("current")).saw


@pytest.mark.parametrize(("said", "code"), [("", 0), ("3", 3), ("'no'", 1)])
def test_an_exit_is_one_as_anywhere(make: Make, said: str, code: int) -> None:
    """Of nothing it is no failure; a word is printed."""
    ran = make(f"    import sys\n    sys.exit({said})").attempt("upgrade 0002")
    assert ran.code == code
    assert "no" not in said or ran.said.endswith("no\n")
