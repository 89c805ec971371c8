"""Units: schemas, services with fakes, repositories on tables that the models make. No app is started."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import FakeRedis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shelf.accounts.models import Account
from shelf.bookmarks.models import Bookmark
from shelf.cache import Cache
from shelf.database import Base

Sessions = async_sessionmaker[AsyncSession]


def account(name: str, **values: bool) -> Account:
    """Return an account that is not kept yet."""
    email = f"{name}@example.com"
    return Account(username=name, username_key=name, email=email, email_key=email, age=33, **values)


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    """Return what makes sessions on a database of the test's own, with Ann (1) and Ben (2) in it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'units.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        session.add_all([account("ann"), account("ben")])
    yield sessions
    await engine.dispose()


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Return a session."""
    async with sessions() as session:
        yield session


@pytest.fixture
def cache() -> Cache:
    """Return a cache on a Redis that is a fake."""
    return Cache(FakeRedis(), 1)


def bookmark(owner_id: int, name: str, **values: object) -> Bookmark:
    """Return a bookmark that is not kept yet."""
    return Bookmark(owner_id=owner_id, url=f"https://example.com/{name}", title=name, **values)
