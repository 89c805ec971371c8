"""Contract: no bookmark without url_normalized, and none with another one's. The previous version has ended."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Fill in what was written since 0003, and promise that it stays so."""
    # TODO: the database does not yet keep anyone from leaving it out.


def downgrade() -> None:
    """Take the promise back, so that the previous version can add bookmarks again."""
    # TODO: once there is a promise, there must be a way back.
