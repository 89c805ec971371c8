"""Expand: room for url_normalized, so made that the previous version of Shelf does not notice."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and what can be promised of it already."""
    # TODO: bookmarks have no column url_normalized.


def downgrade() -> None:
    """Take it away again."""
    # TODO: once there is a column, there must be a way back.
