"""The database: where rows go, and what every table has in common."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, QueuePool, TypeDecorator, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from shelf.errors import UnavailableError
from shelf.schema import check_schema

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

logger = logging.getLogger(__name__)


class Sessions(async_sessionmaker[AsyncSession]):
    """Makes sessions on an engine, and knows how its connections are doing, of which there are at most `limit`.

    `reading` has the same connections, for what only reads: there each statement stands for itself.
    """

    def __init__(self, engine: AsyncEngine, reading: AsyncEngine, limit: int) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.engine = engine
        self.reading = reading
        self.limit = limit

    @property
    def out(self) -> int:
        """How many connections are in use at this moment."""
        return self._pool.checkedout()

    @property
    def free(self) -> int:
        """How many connections wait for somebody to use them."""
        return self._pool.checkedin()

    @property
    def _pool(self) -> QueuePool:
        assert isinstance(self.engine.pool, QueuePool)
        return self.engine.pool


class Base(DeclarativeBase):
    """What the models of all features share. Every constraint gets a name, so that it can be changed by name."""

    metadata = MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: only aware ones go in, and they come out in UTC, whatever the database makes of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the database is given for `value`; raise ValueError if that has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment that the database gave as `value`."""
        if value is None:
            return None
        # SQLite has no zones: what it gives back is what it was given in UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@asynccontextmanager
async def open_database(
    url: str, pool_size: int = 5, max_overflow: int = 10, pool_timeout: float = 30
) -> AsyncIterator[Sessions]:
    """Open the database at `url`, and close it in the end; raise SchemaError if a migration is still due there.

    It has never more than `pool_size` and `max_overflow` connections together. Whoever waits longer than `pool_timeout`
    seconds for one gets a `sqlalchemy.exc.TimeoutError`.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_timeout,
        pool_pre_ping=True,  # what has ended since it was last used is replaced, and nobody notices
        hide_parameters=True,  # errors are logged: the values of a statement, passwords among them, are no part of one
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_server(engine)
    try:
        await check_schema(engine)
        # TODO: what only reads makes as many trips to the database as what writes.
        yield Sessions(engine, engine, pool_size + max_overflow)
    finally:
        await engine.dispose()


def _prepare_server(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Dialect, record: Any, args: Any, options: Any) -> Any:
        try:
            return dialect.connect(*args, **options)
        except Exception as error:  # an OSError, or what the server says: SQLAlchemy passes on both as they are
            logger.error("the database cannot be reached", extra={"fields": {"error": type(error).__name__}})
            raise UnavailableError("the database cannot be reached") from error


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA busy_timeout = 30000")  # one writer at a time: the others wait, and not in vain
        cursor.close()

    @event.listens_for(engine.sync_engine, "savepoint")
    def begin_first(connection: Any, name: Any) -> None:
        # The driver begins a transaction before the first change, but not before a savepoint: the end of that savepoint
        # would commit.
        if not connection.connection.dbapi_connection.driver_connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
