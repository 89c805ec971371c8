"""Expand with the column alone; the index comes with all other promises, in 0004."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.add_column(sa.Column("url_normalized", sa.Text()))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.drop_column("url_normalized")
