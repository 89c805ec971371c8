"""Expand: room for url_normalized, so made that the previous version of Shelf does not notice."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and what can be promised of it already."""
    op.add_column("bookmarks", sa.Column("url_normalized", sa.Text, nullable=True))
    # Over an empty column it costs nothing, and NULLs are never equal. From the first value on it holds.
    op.create_index("ix_bookmarks_url_normalized", "bookmarks", ["url_normalized"], unique=True)


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_bookmarks_url_normalized", "bookmarks")
    op.drop_column("bookmarks", "url_normalized")
