"""Lesson 07: yesterday's database on its way through 0002, 0003 and 0004, while yesterday's version is running."""

import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from workshop.testbed import because
from workshop.testbed.database import Database

YESTERDAY = Path(__file__).parent / "yesterday"
TABLES = ("accounts", "bookmarks", "tags", "bookmark_tags")
MOST = 1000
EXPAND = "shelf/migrations/versions/0002_expand.py, and 'Expand, backfill, contract' in the lesson."
BACKFILL = "`fill_in` in shelf/migrations/filling.py and `upgrade` in 0003, and 'The backfill' in the lesson."
CONTRACT = "shelf/migrations/versions/0004_contract.py, and 'Expand, backfill, contract' in the lesson."


@pytest.mark.sqlite
def test_the_previous_version_works_on_the_expanded_schema(alembic, database, tmp_path):
    """The previous version goes on working after 0002, and after 0003."""
    plain, later = Database(tmp_path / "plain.db"), Database(tmp_path / "later.db")
    for each in (plain, database):
        restore(each)
    alembic("stamp 0001", "upgrade 0002")
    shutil.copyfile(database.path, later.path)
    promised = dict(column_info(database))
    assert "url_normalized" in promised, no_column()

    expected = replay(plain)
    answers_as_before(replay(database), expected, "0002")
    alembic("upgrade 0003", database=later)
    answers_as_before(replay(later), expected, "0003")


@pytest.mark.sqlite
def test_old_rows_are_filled_in_in_batches(alembic, database):
    """Old rows are filled in, in batches; a backfill that was killed goes on where it was."""
    restore(database)
    add_rows(database, random.randrange(2 * MOST + 100, 3 * MOST))
    alembic("stamp 0001", "upgrade 0002")
    assert "url_normalized" in dict(column_info(database)), no_column()
    expected = expected_values(database)

    killed = alembic.attempt("upgrade 0003", dies_at=2)
    if not killed.died:
        killed.expect_ok()
    in_batches(killed, len(expected))
    is_filled(database, expected, at_least=1, about="After the first transaction of 0003,")
    again = alembic.attempt("upgrade 0003", before=another_day)
    needs_no_model(again)
    in_batches(again.expect_ok(), len(expected))
    is_filled(database, expected, at_least=len(expected), about="0003 was killed at its second batch and run again.")
    is_recorded(database)


@pytest.mark.until(9)
@pytest.mark.sqlite
def test_yesterdays_database_reaches_head_with_every_row(alembic, database, start_shelf):
    """Yesterday's database reaches head with every row, also those that were written meanwhile."""
    restore(database)
    alembic("stamp 0001", "upgrade 0003")
    replay(database)
    before = contents(database)
    alembic("upgrade head")
    assert "url_normalized" in dict(column_info(database)), no_column()
    same_rows(before, contents(database), "`alembic upgrade head`")
    fits_every_url(database)
    is_promised(database)

    shelf = start_shelf()
    url = "HTTP://Soup.EXAMPLE:80/"
    saved = shelf.post("/api/bookmarks/", json={"url": url, "title": "Soup, again", "tag_names": ["Soup"]}).expect(201)
    oldest = database.rows("SELECT min(id) FROM bookmarks WHERE url LIKE 'http://soup.example%'")[0][0]
    assert saved["id"] == oldest, because(
        saw=f"Yesterday's database has three bookmarks of http://soup.example/, the oldest is {oldest}. {url!r} was"
        f" saved now, and {saved}",
        expected=f"bookmark {oldest} is changed: its url_normalized is the one that the service looks for.",
        cause="the value in url_normalized is not that of `normalize_url`, or not the oldest bookmark has it.",
        look=BACKFILL,
    )


# Yesterday


def restore(database):
    """Make yesterday's database: that of lesson 06, with its rows, which no migration has ever seen."""
    with closing(sqlite3.connect(database.path)) as connection:
        connection.executescript((YESTERDAY / "database.sql").read_text(encoding="utf-8"))


def replay(database):
    """Say what the previous version says to its database; return each statement, and the rows or the error for it."""
    answers = []
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for statement in statements():
            try:
                answers.append((statement, sorted(map(repr, connection.execute(statement)))))
            except sqlite3.Error as error:
                answers.append((statement, str(error)))
    return answers


def statements():
    """The statements that were recorded, one by one."""
    text = ""
    for line in (YESTERDAY / "statements.sql").read_text(encoding="utf-8").splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text.strip()
            text = ""


def add_rows(database, number):
    """Add as many bookmarks, as they could be there; some are the same page written otherwise."""
    hosts = [f"{random.choice(['Www.', ''])}site-{random.randrange(16**6):06X}.Example" for _ in range(number // 2)]
    urls = set()
    while len(urls) < number:
        scheme, port = random.choice([("http", ":80"), ("HTTPS", ":443"), ("https", ""), ("Http", ":8080")])
        urls.add(
            f"{scheme}://{random.choice(hosts)}{random.choice([port, ''])}{random.choice(['', '/', '?Q=1', '/A'])}"
        )
    rows = [(url, "2020-01-01 00:00:00.000000") for url in random.sample(sorted(urls), number)]
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.executemany(
            "INSERT INTO bookmarks (url, title, description, notes, is_archived, unread, shared, date_added,"
            " date_modified, search_text) VALUES (?1, '', '', '', 0, 0, 0, ?2, ?2, '')",
            rows,
        )


def another_day():
    """Runs before Alembic: one day the model has a column more."""
    from sqlalchemy import Text
    from sqlalchemy.orm import mapped_column

    from shelf.bookmarks.models import Bookmark

    Bookmark.another_day = mapped_column(Text)


# What is there


def column_info(database):
    """Each column of the table, and whether it must be filled."""
    return [(name, bool(needed)) for _, name, _, needed, *_ in database.rows("PRAGMA table_info(bookmarks)")]


def contents(database):
    """All rows of all tables, without the new column."""
    found = {}
    for table in TABLES:
        names = [row[1] for row in database.rows(f"PRAGMA table_info({table})") if row[1] != "url_normalized"]
        found[table] = sorted(database.rows(f"SELECT {', '.join(sorted(names))} FROM {table}"), key=repr)
    return found


def normal(url):
    """The normalized form of a URL, as the lesson's README describes it."""
    scheme, authority, rest = re.fullmatch(r"(\w+)://([^/?#]*)(.*)", url, re.DOTALL).groups()
    login, at, host = authority.rpartition("@")
    host = re.sub({"http": r":(80)?$", "https": r":(443)?$"}[scheme.lower()], "", host.lower())
    return f"{scheme.lower()}://{login}{at}{host}{rest if rest.startswith('/') else '/' + rest}"


def expected_values(database):
    """What url_normalized must be, by id: the form for the oldest, for the others their id before it."""
    seen, values = set(), {}
    for number, url in database.rows("SELECT id, url FROM bookmarks ORDER BY id"):
        form = normal(url)
        values[number] = f"{number} {form}" if form in seen else form
        seen.add(form)
    return values


# The words


def no_column():
    """Fail the step: its ground is missing."""
    because(
        saw="After `alembic upgrade 0002` the table bookmarks has no column url_normalized.",
        expected="the column, empty.",
        cause="`upgrade` in 0002 does nothing yet.",
        look=EXPAND,
    )


def answers_as_before(answers, expected, revision):
    """Fail the step at the first statement that is not answered as it was."""
    for (statement, answer), (_, usual) in zip(answers, expected, strict=True):
        assert answer == usual, because(
            saw=f"At {revision}, the previous version of Shelf says\n  {shortened(statement)}\n"
            f"and the answer is: {answer if isinstance(answer, str) else 'other rows than before'}.",
            expected="the usual answer. That version is running while the migration runs, and knows nothing of it.",
            cause=why_not(answer),
            look=EXPAND,
        )


def shortened(statement):
    """A statement on one line, at its beginning."""
    line = " ".join(statement.split())
    return line if len(line) < 90 else f"{line[:90]} ..."


def why_not(answer):
    """The likely cause of an error that the previous version gets."""
    if "NOT NULL" in answer:
        return "the column must be filled (NOT NULL), and a version that does not know it cannot do that."
    if "UNIQUE" in answer:
        return "every row that leaves the column out gets the same default, and that is unique."
    return "something that the previous version needs was renamed, dropped or changed."


def in_batches(ran, number):
    """Fail the step if a run of 0003 wrote or read too much at once."""
    assert not ran.transactions or max(ran.transactions) <= MOST + 10, because(
        saw=f"For {number} bookmarks, one transaction of 0003 changes {max(ran.transactions)} rows.",
        expected=f"at most {MOST} rows in one transaction: until it ends, nobody else can write.",
        cause="Alembic runs a migration in one transaction, however many statements that has. `autocommit_block` leaves"
        " it, and `engine.begin()` opens one for each batch.",
        look=BACKFILL,
    )
    assert ran.most_rows <= MOST, because(
        saw=f"For {number} bookmarks, 0003 reads {ran.most_rows} rows at once.",
        expected=f"at most {MOST} rows at a time: a table can be larger than the memory.",
        cause="a SELECT without a LIMIT; its rows are all fetched, even if they are looked at one by one.",
        look=BACKFILL,
    )


def is_filled(database, expected, *, at_least, about):
    """Fail the step unless so many rows have a value, and every value is right."""
    found = {row[0]: row[1:] for row in database.rows("SELECT id, url, url_normalized FROM bookmarks")}
    filled = {number: value for number, (_, value) in found.items() if value is not None}
    assert len(filled) >= at_least, because(
        saw=f"{about} {len(filled)} of {len(expected)} bookmarks have a url_normalized.",
        expected="a value in every row." if at_least > 1 else "what is committed stays.",
        cause="0003 fills in nothing yet, or stops early: what has its value is no longer among the rows that are due,"
        " so OFFSET skips others.",
        look=BACKFILL,
    )
    for number, value in filled.items():
        assert value == expected[number], because(
            saw=f"{about} Bookmark {number}, {found[number][0]!r}, has the url_normalized {value!r}.",
            expected=f"{expected[number]!r}.",
            cause="it is not what `values_for` says; or that was told the rows in another order, or twice.",
            look=BACKFILL,
        )


def needs_no_model(ran):
    """Fail the step if a migration asks for what the model has on another day."""
    assert ran.code == 0 or "another_day" not in ran.said, because(
        saw="The model Bookmark got one more column, as it will one day, and `alembic upgrade 0003` asks for it.",
        expected="the same as today: at 0003 the table is what 0001 and 0002 have made, whatever the model says.",
        cause="a migration imports the model. `sa.table` names the columns that it needs, and no others.",
        look=BACKFILL,
    )


def is_recorded(database):
    """Fail the step unless the database knows that 0003 has been there."""
    (revision,) = database.rows("SELECT version_num FROM alembic_version")[0]
    assert revision == "0003", because(
        saw=f"`alembic upgrade 0003` ended well, and the database is at revision {revision}.",
        expected="revision 0003.",
        cause="`op.get_bind().commit()` ends Alembic's own transaction. What comes after that, the revision too, is"
        " rolled back without a word.",
        look=BACKFILL,
    )


def same_rows(before, after, command):
    """Fail the step at the first table that has other rows than before."""
    for table, rows in before.items():
        lost = [row for row in rows if row not in after[table]]
        assert rows == after[table], because(
            saw=f"{command} left {len(after[table])} of {len(rows)} rows in {table}"
            f"{f', and this one is not as it was: {lost[0]}' if lost else ''}.",
            expected="every row as it was.",
            cause="with foreign keys on, a batch operation takes along what refers to the table that it makes anew; or"
            " rows were deleted or merged.",
            look=CONTRACT,
        )


def fits_every_url(database):
    """Fail the step unless each row has the form of its URL, one of them plain, the others with their id before it."""
    rows = database.rows("SELECT id, url, url_normalized FROM bookmarks ORDER BY id")
    plain = {value for _, _, value in rows}
    for number, url, value in rows:
        form = normal(url)
        fits = value in (form, f"{number} {form}") and form in plain
        assert fits, because(
            saw="The previous version went on working after 0003, then came 0004. Bookmark"
            f" {number}, {url!r}, has the url_normalized {value!r}.",
            expected=f"{form!r}; with {number} and a blank in front if another bookmark has that.",
            cause="what was added or changed since 0003 was not looked at: `fill_in` and `forget_outdated` do that.",
            look=CONTRACT,
        )


def is_promised(database):
    """Fail the step unless the column must be filled, and is unique."""
    assert dict(column_info(database))["url_normalized"], because(
        saw="At head, a bookmark may still be without url_normalized.",
        expected="NOT NULL, from 0004 on.",
        cause="0004 does not alter the column.",
        look=CONTRACT,
    )
    indexes = [row[1] for row in database.rows("PRAGMA index_list(bookmarks)") if row[2]]
    unique = [[row[2] for row in database.rows(f"PRAGMA index_info('{name}')")] for name in indexes]
    assert ["url_normalized"] in unique, because(
        saw="At head, two bookmarks may have the same url_normalized.",
        expected="a unique index on url_normalized, and on nothing else.",
        cause="there is no index, or it is not unique.",
        look="0002 or 0004, and 'Expand, backfill, contract' in the lesson.",
    )
