"""Backfill: what the new column says of the rows that are there, while the previous version goes on working."""

from alembic import context, op

from shelf.migrations.filling import fill_in

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Fill in every row, batch by batch, each in a transaction of its own."""
    if context.is_offline_mode():
        op.execute("-- Nothing to print here: each value is worked out from its row. Run 0003 on the database itself.")
        return
    with op.get_context().autocommit_block():  # Alembic's own transaction ends here
        engine = op.get_bind().engine
        filled = 1
        while filled:
            with engine.begin() as connection:
                filled = fill_in(connection)


def downgrade() -> None:
    """Leave the values: 0002 takes the column away, and here nobody minds them."""
