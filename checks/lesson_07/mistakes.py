"""Typical wrong answers to lesson 07."""

from workshop.mistakes import Edit, Mistake

VERSIONS = "shelf/migrations/versions/"
EXPAND = VERSIONS + "0002_expand.py"
BACKFILL = VERSIONS + "0003_backfill.py"
CONTRACT = VERSIONS + "0004_contract.py"
FILLING = "shelf/migrations/filling.py"
ENV = "shelf/migrations/env.py"
DATABASE = "shelf/database.py"
SCHEMA = "shelf/schema.py"

PREVIOUS = "test_the_previous_version_works_on_the_expanded_schema"
BATCHES = "test_old_rows_are_filled_in_in_batches"
ROWS = "test_yesterdays_database_reaches_head_with_every_row"
EMPTY = "test_an_empty_database_reaches_head"
AGREE = "test_models_and_migrations_agree"
DOWN = "test_down_and_up_again_loses_nothing"
PRINTED = "test_every_migration_can_be_printed"
REFUSED = "test_a_database_that_is_behind_is_refused"

COLUMN = 'sa.Column("url_normalized", sa.Text, nullable=True)'
INDEX = '"bookmarks", ["url_normalized"], unique=True)'
LEAVING = """    with op.get_context().autocommit_block():  # Alembic's own transaction ends here
        engine = op.get_bind().engine
        filled = 1
        while filled:
            with engine.begin() as connection:
                filled = fill_in(connection)
"""
DUE = """    due = sa.select(columns.id, columns.url).where(is_due).order_by(columns.id).limit(BATCH)
    urls = dict(connection.execute(due).tuples().all())
"""
CONTRACTING = """    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.alter_column("url_normalized", existing_type=sa.Text, nullable=False)
"""
BEFORE_CONTRACT = """    if not context.is_offline_mode():
        connection = op.get_bind()
        forget_outdated(connection)
        while fill_in(connection):
            pass
"""
COMPARING = "    if found != needed and found <= known:\n"
CHECKING = "        await check_schema(engine)\n"
TOGETHER = """        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
"""
WITH_OFFSET = '''"""Backfill, page by page."""

import sqlalchemy as sa
from alembic import context, op

from shelf.migrations.filling import bookmarks, values_for

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Fill in every row, batch by batch, each in a transaction of its own."""
    if context.is_offline_mode():
        return
    columns = bookmarks.c
    due = sa.select(columns.id, columns.url).where(columns.url_normalized.is_(None)).order_by(columns.id)
    set_one = sa.update(bookmarks).where(columns.id == sa.bindparam("row"))
    set_one = set_one.values(url_normalized=sa.bindparam("value"))
    with op.get_context().autocommit_block():
        engine, offset = op.get_bind().engine, 0
        while True:
            with engine.begin() as connection:
                urls = dict(connection.execute(due.limit(500).offset(offset)).tuples().all())
                if not urls:
                    return
                connection.execute(set_one, [*values_for(connection, urls)])
            offset += 500


def downgrade() -> None:
    """Leave the values."""
'''

ON_THE_WAY = [
    Mistake(
        name="requires the column at once",
        edits=[Edit(EXPAND, COLUMN, COLUMN.replace("True", "False"))],
        caught_by=PREVIOUS,
        says="must be filled and has no default cannot be given to a table that has rows",
    ),
    Mistake(
        name="gives every row the same default",
        edits=[Edit(EXPAND, COLUMN, 'sa.Column("url_normalized", sa.Text, nullable=False, server_default="")')],
        caught_by=PREVIOUS,
        says="two rows got the same value",
    ),
    Mistake(
        name="gives every row a default, and the index later",
        edits=[
            Edit(EXPAND, COLUMN, 'sa.Column("url_normalized", sa.Text, nullable=False, server_default="")'),
            Edit(EXPAND, INDEX, '"bookmarks", ["url_normalized"])'),
        ],
        caught_by=BATCHES,
        says="has the url_normalized ''",
    ),
    Mistake(
        name="replaces the old column",
        edits=[
            Edit(
                EXPAND,
                f'    op.add_column("bookmarks", {COLUMN})\n',
                '    op.add_column("bookmarks", sa.Column("url_normalized", sa.Text))\n'
                '    op.alter_column("bookmarks", "notes", new_column_name="note")\n',
            )
        ],
        caught_by=PREVIOUS,
        says="renamed, dropped or changed",
    ),
    Mistake(
        name="fills in all rows in Alembic's own transaction",
        edits=[Edit(BACKFILL, LEAVING, "    while fill_in(op.get_bind()):\n        pass\n")],
        caught_by=BATCHES,
        says="one transaction of 0003 changes",
    ),
    Mistake(
        name="commits on Alembic's connection",
        edits=[
            Edit(
                BACKFILL,
                LEAVING,
                "    while fill_in(op.get_bind()):\n        op.get_bind().commit()\n",
            )
        ],
        caught_by=BATCHES,
        says="rolled back without a word",
    ),
    Mistake(
        name="reads all rows, and writes them in batches",
        edits=[
            Edit(FILLING, DUE, DUE.replace(".limit(BATCH)", "").replace(".all())", ".all()[:BATCH])")),
        ],
        caught_by=BATCHES,
        says="rows at once",
    ),
    Mistake(
        name="has no batches at all",
        edits=[Edit(FILLING, DUE, DUE.replace(".limit(BATCH)", ""))],
        caught_by=BATCHES,
        says="until it ends, nobody else can write",
    ),
    Mistake(
        name="skips what is due with OFFSET",
        files={BACKFILL: WITH_OFFSET},
        caught_by=BATCHES,
        says="OFFSET skips others",
    ),
    Mistake(
        name="does only the first batch",
        edits=[Edit(BACKFILL, "        while filled:\n", "        for _ in range(2):\n")],
        caught_by=BATCHES,
        says="stops early",
    ),
    Mistake(
        name="begins anew each time, and takes its own values for another's",
        edits=[
            Edit(FILLING, "columns.url_normalized.is_(None)", "columns.id > _done[-1]"),
            Edit(FILLING, "    if urls:\n", "    _done.append(max(urls, default=0))\n    if urls:\n"),
            Edit(FILLING, "BATCH = 500\n", "BATCH = 500\n_done = [0]\n"),
        ],
        caught_by=BATCHES,
        says="or twice",
    ),
    Mistake(
        name="puts the whole URL into small letters",
        edits=[
            Edit(
                FILLING, "[*values_for(connection, urls)]", '[{"row": n, "value": u.lower()} for n, u in urls.items()]'
            )
        ],
        caught_by=BATCHES,
        says="two rows got the same value",
    ),
    Mistake(
        name="selects the model in a migration",
        edits=[
            Edit(
                FILLING,
                DUE,
                "    from shelf.bookmarks.models import Bookmark\n\n"
                "    due = sa.select(Bookmark.__table__).where(Bookmark.url_normalized.is_(None))\n"
                "    urls = {row.id: row.url for row in connection.execute(due.order_by(Bookmark.id).limit(BATCH))}\n",
            )
        ],
        caught_by=BATCHES,
        says="a migration imports the model",
    ),
]

AT_THE_END = [
    Mistake(
        name="forgets what the previous version has added since",
        edits=[Edit(CONTRACT, BEFORE_CONTRACT, "")],
        caught_by=ROWS,
        says="rows without a value when the column begins to require one",
    ),
    Mistake(
        name="forgets what the previous version has changed since",
        edits=[Edit(CONTRACT, "        forget_outdated(connection)\n", "")],
        caught_by=ROWS,
        says="was not looked at",
    ),
    Mistake(
        name="deletes the second bookmark of a URL",
        edits=[
            Edit(
                CONTRACT,
                CONTRACTING,
                "    op.execute(\"DELETE FROM bookmarks WHERE url_normalized LIKE '% %'\")\n" + CONTRACTING,
            )
        ],
        caught_by=ROWS,
        says="deleted or merged",
    ),
    Mistake(
        name="migrates with foreign keys on",
        edits=[
            Edit(ENV, "        _let_transactions_hold_all(engine)\n", "        _prepare_sqlite(engine)\n"),
            Edit(ENV, "from shelf.database import Base\n", "from shelf.database import Base, _prepare_sqlite\n"),
        ],
        caught_by=ROWS,
        says="with foreign keys on, a batch operation takes along",
    ),
    Mistake(
        name="promises nothing",
        edits=[Edit(CONTRACT, CONTRACTING, "")],
        caught_by=ROWS,
        says="a bookmark may still be without url_normalized",
    ),
    Mistake(
        name="makes an index that is not unique",
        edits=[Edit(EXPAND, INDEX, '"bookmarks", ["url_normalized"])')],
        caught_by=ROWS,
        says="two bookmarks may have the same url_normalized",
    ),
    Mistake(
        name="names the index otherwise than the model",
        edits=[
            Edit(
                EXPAND, f'op.create_index("ix_bookmarks_url_normalized", {INDEX}', f'op.create_index("ix_url", {INDEX}'
            ),
            Edit(EXPAND, 'op.drop_index("ix_bookmarks_url_normalized"', 'op.drop_index("ix_url"'),
        ],
        caught_by=AGREE,
        says="the database is not what the models say",
    ),
    Mistake(
        name="gives the column another type than the model",
        edits=[Edit(EXPAND, COLUMN, 'sa.Column("url_normalized", sa.Integer, nullable=True)')],
        caught_by=AGREE,
        says="modify_type",
    ),
    Mistake(
        name="lets two migrations follow the same one",
        edits=[Edit(CONTRACT, 'down_revision = "0003"', 'down_revision = "0002"')],
        caught_by=AGREE,
        says="two migrations follow the same one",
    ),
    Mistake(
        name="names a revision that is not there",
        edits=[Edit(CONTRACT, 'down_revision = "0003"', 'down_revision = "0003_backfill"')],
        caught_by=AGREE,
        says="that no file in `versions/` has",
    ),
    Mistake(
        name="leaves the column when it goes down",
        edits=[
            Edit(EXPAND, '    op.drop_index("ix_bookmarks_url_normalized", "bookmarks")\n', ""),
            Edit(EXPAND, '    op.drop_column("bookmarks", "url_normalized")\n', ""),
        ],
        caught_by=DOWN,
        says="does not take back what its `upgrade` has done",
    ),
    Mistake(
        name="empties the table on the way down",
        edits=[
            Edit(
                EXPAND,
                '    op.drop_column("bookmarks", "url_normalized")\n',
                '    op.execute("DELETE FROM bookmarks")\n    op.drop_column("bookmarks", "url_normalized")\n',
            )
        ],
        caught_by=DOWN,
        says="without its rows",
    ),
    Mistake(
        name="reads rows when there are none to read",
        edits=[Edit(CONTRACT, "    if not context.is_offline_mode():\n", "    if context:\n")],
        caught_by=PRINTED,
        says="a migration reads rows",
    ),
    Mistake(
        name="prints nothing at all",
        edits=[
            Edit(
                CONTRACT,
                BEFORE_CONTRACT,
                BEFORE_CONTRACT.replace("    if not", "    if", 1).partition("\n")[0] + "\n        return\n",
            )
        ],
        caught_by=PRINTED,
        says="leaves too much out",
    ),
]

AT_THE_START = [
    Mistake(
        name="makes the tables at the start, as before",
        edits=[Edit(DATABASE, CHECKING, TOGETHER)],
        caught_by=REFUSED,
        says="Shelf starts all the same",
    ),
    Mistake(
        name="makes missing tables before it looks",
        edits=[Edit(DATABASE, CHECKING, TOGETHER + CHECKING)],
        caught_by=REFUSED,
        says="Shelf refuses it, but has changed it",
    ),
    Mistake(
        name="migrates at the start",
        edits=[
            Edit(
                DATABASE,
                CHECKING,
                '        await to_thread(command.upgrade, Config(MIGRATIONS / "../../alembic.ini"), "head")\n',
            ),
            Edit(DATABASE, "from shelf.schema import check_schema\n", "from shelf.schema import MIGRATIONS\n"),
            Edit(DATABASE, "from collections.abc", "from asyncio import to_thread\nfrom collections.abc"),
            Edit(
                DATABASE,
                "from sqlalchemy import",
                "from alembic import command\nfrom alembic.config import Config\nfrom sqlalchemy import",
            ),
        ],
        caught_by=REFUSED,
        says="Shelf starts all the same",
    ),
    Mistake(
        name="warns, and starts",
        edits=[Edit(SCHEMA, "        raise SchemaError(", "        print(")],
        caught_by=REFUSED,
        says="Shelf starts all the same",
    ),
    Mistake(
        name="keeps the command to itself",
        edits=[Edit(SCHEMA, " Run: alembic upgrade head", "")],
        caught_by=REFUSED,
        says="the message leaves the command out",
    ),
    Mistake(
        name="refuses what is newer, too",
        edits=[Edit(SCHEMA, COMPARING, "    if found != needed:\n")],
        caught_by=REFUSED,
        says="compared for equality",
    ),
]

MISTAKES = [*ON_THE_WAY, *AT_THE_END, *AT_THE_START]
