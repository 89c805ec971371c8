"""Contract: every bookmark and every tag has an owner, and is unique only among what its owner has.

What is there already goes to the oldest account: up to now everybody could do everything with it. Where there is no
account, one named `shelf` is made; it has no password, so that lets nobody in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

OPEN_ACCOUNT = """
    INSERT INTO accounts (email, email_key, username, username_key, age, date_joined)
    SELECT 'shelf@localhost', 'shelf@localhost', 'shelf', 'shelf', 18, CURRENT_TIMESTAMP
    WHERE NOT EXISTS (SELECT 1 FROM accounts)
    AND (EXISTS (SELECT 1 FROM bookmarks) OR EXISTS (SELECT 1 FROM tags))
"""


def upgrade() -> None:
    """Give everything an owner, and promise that all will have one."""
    op.execute(OPEN_ACCOUNT)
    op.drop_index("ix_bookmarks_url_normalized", "bookmarks")
    _own("bookmarks", ["url"])
    op.create_index("ix_bookmarks_owner_id_url_normalized", "bookmarks", ["owner_id", "url_normalized"], unique=True)
    _own("tags", ["name_key"])


def downgrade() -> None:
    """Take the promise back. It fails where two owners have the same URL or tag: it would have to choose one."""
    _disown("tags", ["name_key"])
    op.drop_index("ix_bookmarks_owner_id_url_normalized", "bookmarks")
    _disown("bookmarks", ["url"])
    op.create_index("ix_bookmarks_url_normalized", "bookmarks", ["url_normalized"], unique=True)


def _own(table: str, unique: list[str]) -> None:
    name = "_".join(unique)
    op.execute(f"UPDATE {table} SET owner_id = (SELECT min(id) FROM accounts) WHERE owner_id IS NULL")  # noqa: S608
    with op.batch_alter_table(table) as change:
        change.alter_column("owner_id", existing_type=sa.Integer, nullable=False)
        change.create_foreign_key(f"fk_{table}_owner_id_accounts", "accounts", ["owner_id"], ["id"], ondelete="CASCADE")
        change.drop_constraint(f"uq_{table}_{name}", type_="unique")
        change.create_unique_constraint(f"uq_{table}_owner_id_{name}", ["owner_id", *unique])


def _disown(table: str, unique: list[str]) -> None:
    name = "_".join(unique)
    with op.batch_alter_table(table) as change:
        change.drop_constraint(f"uq_{table}_owner_id_{name}", type_="unique")
        change.create_unique_constraint(f"uq_{table}_{name}", unique)
        change.drop_constraint(f"fk_{table}_owner_id_accounts", type_="foreignkey")
        change.alter_column("owner_id", existing_type=sa.Integer, nullable=True)
