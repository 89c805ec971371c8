"""Lesson 07: a schema that migrations make, forward and back, and nothing else."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from workshop.testbed import because
from workshop.testbed.database import Database

YESTERDAY = Path(__file__).parent / "yesterday"
BOOKMARKS = "/api/bookmarks/"
TABLES = ("accounts", "bookmarks", "tags", "bookmark_tags")
POSTGRES = "postgresql+asyncpg://localhost/shelf"
COMMAND = "alembic upgrade head"
START = "shelf/schema.py and `open_database` in shelf/database.py, and 'Who migrates' in the lesson."
WAY_BACK = "`downgrade` in shelf/migrations/versions, and 'The way back' in the lesson."


@pytest.mark.sqlite
def test_an_empty_database_reaches_head(shelf, database):
    """An empty database reaches head, and there one URL is one bookmark, however it is written."""
    host = f"site-{random.randrange(16**6):06x}.example"
    first = shelf.post(BOOKMARKS, json={"url": f"https://{host}", "tag_names": ["Kept"]})
    first.expect(201, cause="`alembic upgrade head` has not made what the models say: a column is missing.")
    for url in (f"HTTPS://{host.upper()}:443/", f"https://{host}/"):
        again = shelf.post(BOOKMARKS, json={"url": url}).expect(201)
        assert again["id"] == first["id"], because(
            saw=f"https://{host} was saved, then {url!r}: that is bookmark {again['id']}, not {first['id']}.",
            expected="the same bookmark: the service looks for the normalized form.",
            cause="url_normalized was filled in by something else than `normalize_url`.",
            look="shelf/bookmarks/models.py.",
        )
    values = database.rows("SELECT url_normalized FROM bookmarks")
    assert values == [(f"https://{host}/",)], because(
        saw=f"https://{host} was saved, and url_normalized holds {values}.",
        expected=f"'https://{host}/'.",
        cause="a default of the database's own, or a trigger, has filled it in.",
        look="0002 and 0004.",
    )


def test_models_and_migrations_agree(alembic):
    """Models and migrations agree: `alembic check` finds nothing to do."""
    alembic("upgrade head")
    check = alembic.attempt("check")
    said = check.out + check.said
    if check.code and "New upgrade operations detected" not in said:
        check.expect_ok()
    assert not check.code, because(
        saw=f"`alembic check`: at head, the database is not what the models say. {differences(said)}",
        expected="No new upgrade operations detected.",
        cause="a migration makes a column or an index with another type, name or promise than the model; or it is"
        " missing. What is wrong in a migration that has run nowhere else, mend there.",
        look="shelf/bookmarks/models.py, beside shelf/migrations/versions.",
    )


@pytest.mark.sqlite
def test_down_and_up_again_loses_nothing(alembic, database):
    """Down and up again loses nothing."""
    restore(database)
    alembic("stamp 0001", "upgrade 0004")
    assert "url_normalized" in columns(database), because(
        saw="After `alembic upgrade 0004` the table bookmarks has no column url_normalized.",
        expected="the column: there must be a way up before there is a way down.",
        cause="`upgrade` in 0002 does nothing yet.",
        look="shelf/migrations/versions/0002_expand.py.",
    )
    before, schema = contents(database), columns(database)
    step = random.choice(["0003", "0002"])
    alembic(f"downgrade {step}", "upgrade 0004", "downgrade 0001")
    same_rows(before, contents(database), f"`alembic downgrade {step}`, `upgrade 0004` and `downgrade 0001`")
    is_as_before(database)
    alembic("upgrade 0004")
    same_rows(before, contents(database), "`alembic downgrade 0001` and `upgrade 0004`")
    assert columns(database) == schema, because(
        saw=f"Down to 0001 and up again, and the columns of bookmarks are {columns(database)} instead of {schema}.",
        expected="the same table as before.",
        cause="`downgrade` and `upgrade` of one migration are not each other's opposite.",
        look=WAY_BACK,
    )


def test_every_migration_can_be_printed(alembic):
    """Every migration can be printed as SQL, without a database."""
    printed = alembic.attempt("upgrade 0001:0004 --sql", url=POSTGRES)
    printed.expect_ok(
        expected="SQL for all of 0002, 0003 and 0004: somebody may have to read it before it runs.",
        cause="a migration reads rows, or looks at tables, and with --sql there is nothing to read. 0003 and 0004 can"
        " ask `context.is_offline_mode()`.",
    )
    sql = " ".join(printed.out.upper().split())
    for words in ("ADD COLUMN URL_NORMALIZED", "CREATE UNIQUE INDEX", "ALTER COLUMN URL_NORMALIZED SET NOT NULL"):
        assert words in sql, because(
            saw=f"`alembic upgrade 0001:0004 --sql` for PostgreSQL prints no {words}.",
            expected="all that 0002 and 0004 do to the table.",
            cause="a migration does nothing yet, or leaves too much out when it is only printed.",
            look="shelf/migrations/versions, and 'To be read before it runs' in the lesson.",
        )


@pytest.mark.sqlite
def test_a_database_that_is_behind_is_refused(alembic, start_shelf, tmp_path):
    """A database that is behind, or empty, is refused at start, with the command, and is not patched."""
    behind, yesterday, newer = (Database(tmp_path / f"{name}.db") for name in ("behind", "yesterday", "newer"))
    revision = random.choice(["0001", "0002", "0003"])
    alembic(f"upgrade {revision}", database=behind)
    alembic("upgrade head", database=newer)
    newer.execute("UPDATE alembic_version SET version_num = ?", f"{random.randrange(16**12):012x}")
    restore(yesterday)
    empty = Database(tmp_path / "empty.db")
    cases = {
        f"The database is at revision {revision}.": behind,
        "The database is lesson 06's, with tables, but without a revision.": yesterday,
        "The database is empty.": empty,
    }
    as_it_was = {about: outline(each) for about, each in cases.items()}
    started = {
        about: start_shelf(migrated=False, env={"DATABASE_URL": each.url}, must_run=False)
        for about, each in (cases | {"newer": newer}).items()
    }
    for about, each in cases.items():
        refused(started[about], about)
        not_patched(each, as_it_was[about], about)
    assert started["newer"].ready, because(
        saw="The database is at a revision that this version of Shelf has no file for, and Shelf does not start.\n"
        f"{said(started['newer'])[-1]}",
        expected="a start. A newer version has expanded the schema, and this one has to go on working meanwhile.",
        cause="the revision is compared for equality with the head.",
        look=START,
    )


# The start


def refused(shelf, about):
    """Fail the step unless the service does not start, and says what to do."""
    assert not shelf.ready, because(
        saw=f"{about} Shelf starts all the same.",
        expected=f"no start, and a line that names `{COMMAND}`.",
        cause="nobody asks the database for its revision; or the start makes the tables itself.",
        look=START,
    )
    lines = said(shelf)
    assert any(COMMAND in line for line in lines), because(
        saw=f"{about} Shelf does not start, and the last line that it says is: {lines[-1]}",
        expected=f"one line that says what to do, with the command `{COMMAND}`.",
        cause="the error comes from a query that fails, or the message leaves the command out.",
        look=START,
    )


def said(shelf):
    """The lines that were printed about a failed start, without those that quote code."""
    text = f"{shelf.output}\n{(shelf.seen.failed or {}).get('text', '')}"
    return ["nothing", *(line for line in text.splitlines() if line.strip() and not line.startswith("  "))]


def outline(database):
    """The tables of a database, and its revision; nothing where there is no file."""
    if not database.path.exists():
        return [], []
    tables = sorted(name for (name,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'"))
    revision = database.rows("SELECT version_num FROM alembic_version") if "alembic_version" in tables else []
    return tables, [*revision, *columns(database)]


def not_patched(database, before, about):
    """Fail the step if the start has changed the schema."""
    after = outline(database)
    assert after == before, because(
        saw=f"{about} Shelf refuses it, but has changed it: {after} instead of {before}.",
        expected="the database as it was. Whoever migrates chooses the moment.",
        cause="the start makes tables, or runs the migrations, before it looks.",
        look=START,
    )


# What is there


def restore(database):
    """Make yesterday's database: that of lesson 06, with its rows, which no migration has ever seen."""
    with closing(sqlite3.connect(database.path)) as connection:
        connection.executescript((YESTERDAY / "database.sql").read_text(encoding="utf-8"))


def columns(database):
    """The columns of bookmarks, in the order of their names, each with whether it must be filled."""
    found = database.rows("PRAGMA table_info(bookmarks)")
    return {name: bool(needed) for _, name, _, needed, *_ in sorted(found, key=lambda row: row[1])}


def contents(database):
    """All rows of all tables, without the new column."""
    found = {}
    for table in TABLES:
        names = [row[1] for row in database.rows(f"PRAGMA table_info({table})") if row[1] != "url_normalized"]
        found[table] = sorted(database.rows(f"SELECT {', '.join(sorted(names))} FROM {table}"), key=repr)
    return found


def differences(said):
    """What `alembic check` has found, in short."""
    found = said.partition("detected: ")[2].strip()
    return found if len(found) < 300 else f"{found[:300]} ..."


def same_rows(before, after, command):
    """Fail the step at the first table that has other rows than before."""
    for table, rows in before.items():
        kept = sum(row in after[table] for row in rows)
        assert rows == after[table], because(
            saw=f"{command}: of {len(rows)} rows in {table}, {kept} are as they were.",
            expected="every row as it was.",
            cause="the table is dropped and made anew without its rows, or what refers to it goes with it.",
            look=WAY_BACK,
        )


def is_as_before(database):
    """Fail the step unless the schema is that of yesterday."""
    plain = Database(database.path.with_name("plain.db"))
    restore(plain)
    found, expected = columns(database), columns(plain)
    assert found == expected, because(
        saw=f"After `alembic downgrade 0001`, the columns of bookmarks are {found}.",
        expected=f"those of lesson 06: {expected}.",
        cause="a `downgrade` does not take back what its `upgrade` has done.",
        look=WAY_BACK,
    )
