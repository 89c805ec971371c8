"""What tests share: Shelf, started once; for each test no rows, a world that is a fake, and people who ask."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from alembic import command
from alembic.config import Config
from asgi_lifespan import LifespanManager
from fakes import FakeRedis, FakeWeb
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account
from shelf.accounts.tokens import issue_token
from shelf.cache import Cache
from shelf.dependencies import get_cache, get_page_reader
from shelf.kept_pages import KeptPageReader

SHELF = Path(__file__).parent.parent
"""The folder of the service."""
SignUp = Callable[[str], Awaitable[AsyncClient]]


# TODO: this is the database of whoever runs the tests, with all that is in it.
@pytest.fixture(scope="session")
def database_url() -> str:
    """Return the address of the database for this run of the tests."""
    return f"sqlite+aiosqlite:///{SHELF / 'shelf.db'}"


@pytest.fixture(scope="session")
def unstarted(database_url: str) -> FastAPI:
    """Return Shelf with a database at the newest migration."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("SECRET_KEY", "a key for tests, and for nothing but tests")
        command.upgrade(Config(SHELF / "alembic.ini"), "head")
        from shelf.main import app  # only now: it is made while it is imported, and needs the settings
    return app


@pytest.fixture(scope="session")
async def started(unstarted: FastAPI) -> AsyncIterator[FastAPI]:
    """Start Shelf once for all tests, since that takes longer than most of them; stop it in the end."""
    async with LifespanManager(unstarted):
        yield unstarted


@pytest.fixture
async def db_session(started: FastAPI) -> AsyncIterator[AsyncSession]:
    """Return a session of the test's own, on the database of the app, which is empty."""
    # TODO: it is as empty as the test before has left it.
    async with started.state.resources.sessions() as session:
        yield session


@pytest.fixture
def redis() -> FakeRedis:
    """Return the Redis of one test."""
    return FakeRedis()


@pytest.fixture
def web() -> FakeWeb:
    """Return the web of one test."""
    return FakeWeb()


@pytest.fixture
def app(started: FastAPI, db_session: AsyncSession, redis: FakeRedis, web: FakeWeb) -> Iterator[FastAPI]:
    """Return Shelf as one test finds it: without rows, and in a world that is a fake."""
    cache = Cache(cast("Any", redis), 1)
    started.dependency_overrides[get_cache] = lambda: cache
    started.dependency_overrides[get_page_reader] = lambda: KeptPageReader(cast("Any", web), 1, cache)
    yield started
    started.dependency_overrides.clear()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Return a client that has not signed in."""
    async with AsyncClient(transport=_transport(app), base_url="http://shelf") as client:
        yield client


@pytest.fixture
async def sign_up(app: FastAPI, db_session: AsyncSession) -> AsyncIterator[SignUp]:
    """Return a function that opens an account, and returns a client that asks in its name."""
    async with AsyncExitStack() as clients:

        async def sign_up(name: str) -> AsyncClient:
            # Past the route: hashing a password takes a fifth of a second, and few tests are about that.
            keys = {"username": name, "username_key": name, "email": f"{name}@example.com"}
            account = Account(**keys, email_key=f"{name}@example.com", age=33)
            db_session.add(account)
            await db_session.commit()
            token = issue_token(account.id, app.state.resources.settings)
            headers = {"Authorization": f"Bearer {token}"}
            client = AsyncClient(transport=_transport(app), base_url="http://shelf", headers=headers)
            return await clients.enter_async_context(client)

        yield sign_up


@pytest.fixture
async def ann(sign_up: SignUp) -> AsyncClient:
    """Return a client that asks in the name of Ann."""
    return await sign_up("ann")


# TODO: nobody but Ann ever asks.


def _transport(app: FastAPI) -> ASGITransport:
    # An error that nobody handles is a 500 for those who ask, and so it is here.
    return ASGITransport(app, raise_app_exceptions=False)
