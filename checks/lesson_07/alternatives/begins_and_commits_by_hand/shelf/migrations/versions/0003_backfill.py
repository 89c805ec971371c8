"""Backfill on Alembic's own connection, by id: outside of its transaction, each batch begins and commits for itself."""

import sqlalchemy as sa
from alembic import context, op

from shelf.migrations.filling import bookmarks, values_for

revision = "0003"
down_revision = "0002"

BATCH = 1000


def upgrade() -> None:
    """Go through the ids, and fill in what is due."""
    if context.is_offline_mode():
        return
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        last = 0
        while True:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            number = fill_in_after(connection, last)
            connection.exec_driver_sql("COMMIT")
            if number is None:
                break
            last = number


def fill_in_after(connection: sa.Connection, last: int) -> int | None:
    """Fill in a batch of the bookmarks with greater ids; return the last id, or None if there is none."""
    query = sa.select(bookmarks).where(bookmarks.c.id > last).order_by(bookmarks.c.id).limit(BATCH)
    rows = connection.execute(query).all()
    due = {number: url for number, url, value in rows if value is None}
    for each in values_for(connection, due):
        change = sa.update(bookmarks).where(bookmarks.c.id == each["row"])
        connection.execute(change.values(url_normalized=each["value"]))
    return rows[-1].id if rows else None


def downgrade() -> None:
    """There is nothing to take back."""
