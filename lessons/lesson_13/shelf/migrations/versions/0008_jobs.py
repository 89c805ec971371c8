"""Expand: a table for jobs, and a column for what became of them. The previous version of Shelf does not notice."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add both. No bookmark that is there has a job."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("bookmark_id", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["bookmark_id"], ["bookmarks.id"], name="fk_jobs_bookmark_id_bookmarks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_jobs_bookmark_id", "jobs", ["bookmark_id"])
    op.create_index("ix_jobs_due_at", "jobs", ["due_at"])
    op.add_column("bookmarks", sa.Column("snapshot_state", sa.String(16)))


def downgrade() -> None:
    """Take both away. Jobs that are not done are never done."""
    op.drop_column("bookmarks", "snapshot_state")
    op.drop_table("jobs")
