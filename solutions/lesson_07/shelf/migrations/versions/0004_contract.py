"""Contract: no bookmark without url_normalized, and none with another one's. The previous version has ended."""

import sqlalchemy as sa
from alembic import context, op

from shelf.migrations.filling import fill_in, forget_outdated

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Fill in what was written since 0003, and promise that it stays so."""
    if not context.is_offline_mode():
        connection = op.get_bind()
        forget_outdated(connection)
        while fill_in(connection):
            pass
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.alter_column("url_normalized", existing_type=sa.Text, nullable=False)


def downgrade() -> None:
    """Take the promise back, so that the previous version can add bookmarks again."""
    with op.batch_alter_table("bookmarks") as bookmarks:
        bookmarks.alter_column("url_normalized", existing_type=sa.Text, nullable=True)
