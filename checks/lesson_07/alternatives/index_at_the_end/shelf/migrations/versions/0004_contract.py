"""Contract: everything is promised at once, and what is missing is filled in over a batch's own SQL."""

import sqlalchemy as sa
from alembic import context, op

from shelf.migrations import filling

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Look at every row once more, then promise."""
    if not context.is_offline_mode():
        op.execute("UPDATE bookmarks SET url_normalized = NULL")
        while filling.fill_in(op.get_bind()) > 0:
            continue
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.alter_column("url_normalized", existing_type=sa.Text(), nullable=False)
        bookmarks.create_index("ix_bookmarks_url_normalized", ["url_normalized"], unique=True)


def downgrade() -> None:
    """Take the promises back."""
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.drop_index("ix_bookmarks_url_normalized")
        bookmarks.alter_column("url_normalized", existing_type=sa.Text(), nullable=True)
