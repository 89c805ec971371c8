"""What Alembic runs for every command: it opens the database that Shelf would open, and lets the migrations go."""

import asyncio

from alembic import context
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

# The models of every feature: what is not imported, `alembic check` does not miss.
import shelf.accounts.models
import shelf.bookmarks.models
import shelf.jobs.models
import shelf.keys.models
import shelf.tags.models  # noqa: F401
from shelf.config import load_settings
from shelf.database import Base


def migrate(connection: Connection | None, url: str) -> None:
    """Run what the command asks for; without a connection, print it as SQL."""
    context.configure(
        connection=connection,
        url=url,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        transactional_ddl=True,
        literal_binds=connection is None,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    """Open the database for as long as the command takes."""
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _let_transactions_hold_all(engine)
    async with engine.connect() as connection:
        await connection.run_sync(migrate, url)


def _let_transactions_hold_all(engine: AsyncEngine) -> None:
    """Begin them before the first statement: SQLite's driver begins them too late for CREATE and ALTER.

    Foreign keys stay off, unlike in the service. A batch operation drops the old table, which would delete, row by row,
    all that refers to it.
    """

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            # With the right to write: who reads first is refused when it writes, if somebody else wrote in between.
            connection.exec_driver_sql("BEGIN IMMEDIATE")


if context.is_offline_mode():
    migrate(None, load_settings().database_url)
else:
    asyncio.run(connect_and_migrate(load_settings().database_url))
