"""Expand: a table for jobs that stay, and a column for what became of the last one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add both."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("bookmark_id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["bookmark_id"], ["bookmarks.id"], name="fk_jobs_bookmark_id_bookmarks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_jobs_bookmark_id", "jobs", ["bookmark_id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.add_column("bookmarks", sa.Column("snapshot_state", sa.String(16)))


def downgrade() -> None:
    """Take both away."""
    op.drop_column("bookmarks", "snapshot_state")
    op.drop_table("jobs")
