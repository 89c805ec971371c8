"""Databases that the migrations of a service make."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import MIGRATIONS, write
from workshop.testbed import migrations
from workshop.testbed.database import Database
from workshop.testbed.databases import file_named
from workshop.testbed.migrations import Migrations
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.waiting import Waiter

VERSION = "shelf/migrations/versions/0001_notes.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service with one migration."""
    return write(tmp_path / "app", MIGRATIONS)


def reason_of(folder: Path) -> Reason:
    """Why the migrations fail."""
    with pytest.raises(StepFailed) as failed:
        Migrations(folder, {}).prepare(Database(folder.parent / "shelf.db"), Waiter())
    return failed.value.reason


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which Alembic has run."""
    folders: list[Path] = []
    run: Callable[..., object] = migrations._run

    def counted(folder: Path, *more: object) -> object:
        folders.append(folder)
        return run(folder, *more)

    monkeypatch.setattr(migrations, "_run", counted)
    monkeypatch.setattr(migrations, "_made", [])
    return folders


def test_every_database_is_a_copy_of_one(folder: Path, tmp_path: Path, runs: list[Path]) -> None:
    """Alembic runs once; what is there already is left alone; nothing is left behind."""
    before = sorted(folder.rglob("*"))
    first, second = Database(tmp_path / "first.db"), Database(tmp_path / "second.db")
    Migrations(folder, {}).prepare(first, Waiter())
    first.execute("INSERT INTO notes VALUES ('kept')")
    for database in (first, second):
        Migrations(folder, {}).prepare(database, Waiter())
    assert first.rows("SELECT text FROM notes") == [("kept",)]
    assert second.rows("SELECT version_num FROM alembic_version") == [("0001",)]
    assert sorted(folder.rglob("*")) == before
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (VERSION, MIGRATIONS[VERSION] + "\n", 2),
        ("shelf/models.py", "table = 'letters'\n", 2),
        ("shelf/new.py", "", 2),
        (".env", "DEBUG=1\n", 2),
        ("shelf/routes.py", "routes = 2\n", 1),
    ],
)
def test_alembic_runs_again_when_it_may_matter(
    folder: Path, tmp_path: Path, runs: list[Path], file: str, text: str, expected: int
) -> None:
    """Not after a save in a file that no migration knows; a copy of the files elsewhere is the same to it."""
    env = "shelf/migrations/env.py"
    more = {"shelf/models.py": "table = 'notes'\n", "shelf/routes.py": "routes = 1\n"}
    write(folder, {**more, env: "import shelf.models\n" + MIGRATIONS[env]})
    Migrations(folder, {}).prepare(Database(tmp_path / "first.db"), Waiter())
    copied = shutil.copytree(folder, tmp_path / "copied")
    write(copied, {file: text})
    Migrations(copied, {}).prepare(Database(tmp_path / "second.db"), Waiter())
    assert len(runs) == expected


@pytest.mark.parametrize(
    ("file", "old", "new", "saw", "look"),
    [
        (VERSION, "sa.String", "sa.Sting", "module 'sqlalchemy' has no attribute 'Sting'", f"{VERSION}, line 8."),
        (VERSION, "None\n", "(\n", "SyntaxError: '(' was never closed", f"{VERSION}, line 4."),
        (VERSION, "None\n", "'0000'\n", "failed: KeyError: '0000'", "shelf/migrations/env.py, line 9."),
        ("shelf/migrations/env.py", "import os\n", "import shelf.other\n", "No module named 'shelf.other'", "line 1."),
        ("shelf/migrations/env.py", "import os\n", "import os, sys\nsys.exit()\n", "is not there", "its engine."),
        ("alembic.ini", "script_location", "place", "No 'script_location' key found in configuration", "env.py"),
        (VERSION, "op.create", "op.execute('SELECT a FROM b\\nWHERE a')\n    op.create", "no such table: b", "line 8."),
    ],
)
def test_a_migration_that_fails_is_said_in_words(
    folder: Path, file: str, old: str, new: str, saw: str, look: str
) -> None:
    """What Alembic says in one line, and the learner's own line; no path of ours."""
    text = MIGRATIONS[file]
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    reason = reason_of(folder)
    assert saw in reason.saw
    assert look in reason.look
    assert str(folder) not in str(reason)
    assert "\n" not in reason.saw


def test_a_missing_configuration_is_said(folder: Path) -> None:
    """It names the file."""
    (folder / "alembic.ini").unlink()
    assert "no file alembic.ini" in reason_of(folder).saw


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite+aiosqlite:///shelf.db", "/data/shelf.db"),
        ("sqlite:////else/where.db?timeout=5", "/else/where.db"),
        ("sqlite+aiosqlite:///:memory:", None),
        ("sqlite://", None),
        ("postgresql+asyncpg://localhost/shelf", None),
        ("", None),
    ],
)
def test_the_file_of_an_address(url: str, file: str | None) -> None:
    """Relative ones count from the working folder."""
    assert file_named(url, Path("/data")) == (Path(file) if file else None)


def test_a_stand_in_at_another_address_makes_no_other_schema(folder: Path, tmp_path: Path, runs: list[Path]) -> None:
    """Another variable may."""
    for number, (env, world) in enumerate([({}, {"AT": "1"}), ({}, {"AT": "2"}), ({"AT": "1"}, {}), ({"IN": "1"}, {})]):
        Migrations(folder, env, world).prepare(Database(tmp_path / f"{number}.db"), Waiter())
    assert len(runs) == 3


def test_a_cold_run_sees_what_a_warm_one_overlooks(folder: Path, tmp_path: Path) -> None:
    """Here, a module that something else has imported in the warm parent."""
    version = MIGRATIONS[VERSION].replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport workshop\n")
    write(folder, {VERSION: version + "    workshop.testbed.counted\n"})
    migrations = Migrations(folder, {})
    migrations.prepare(Database(tmp_path / "warm.db"), Waiter())
    with pytest.raises(StepFailed) as failed:
        migrations.make_cold(Database(tmp_path / "cold.db"), Waiter())
    assert "module 'workshop' has no attribute 'testbed'" in failed.value.reason.saw


def test_what_has_run_cold_is_not_run_cold_again(
    folder: Path, tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a file changes that takes part; a database is made each time."""
    cold: list[Path] = []
    plain = migrations.upgrade
    monkeypatch.setattr(migrations, "upgrade", lambda folder, *more: cold.append(folder) or plain(folder, *more))
    for number, expected in enumerate([1, 1, 2, 2]):
        if number == 2:
            write(folder, {VERSION: MIGRATIONS[VERSION] + "\n"})
        made, warm = Database(tmp_path / f"{number}.db"), Database(tmp_path / f"warm-{number}.db")
        Migrations(folder, {}).prepare(warm, Waiter())
        Migrations(folder, {}).make_cold(made, Waiter())
        assert made.rows("SELECT version_num FROM alembic_version") == [("0001",)]
        assert len(cold) == expected
    assert len(runs) == 2
