"""Expand: room for passwords, rights and owners; the previous version of Shelf does not notice."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns. Every account is active; none has a password yet, and none is a superuser."""
    op.add_column("accounts", sa.Column("password_hash", sa.String(255)))
    op.add_column("accounts", sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("accounts", sa.Column("is_superuser", sa.Boolean, nullable=False, server_default=sa.false()))
    for table in ("bookmarks", "tags"):
        op.add_column(table, sa.Column("owner_id", sa.Integer))


def downgrade() -> None:
    """Take them away, and with them what says whose is what."""
    for table in ("bookmarks", "tags"):
        op.drop_column(table, "owner_id")
    for column in ("is_superuser", "is_active", "password_hash"):
        op.drop_column("accounts", column)
