"""Plain functions and TestClient; an app and a file for each test; people who have signed up as people do."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fakes import FakeRedis, FakeWeb
from fastapi import FastAPI
from starlette.testclient import TestClient

Headers = dict[str, str]
SECRET_KEY = "0123456789012345678901234567890123456789"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database that is only ever copied."""
    file = tmp_path_factory.mktemp("template") / "shelf.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{file}")
        patch.setenv("SECRET_KEY", SECRET_KEY)
        command.upgrade(Config(Path(__file__).parent.parent / "alembic.ini"), "head")
    return file


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    """Return the database of one test."""
    return Path(shutil.copy(template, tmp_path / "shelf.db"))


@pytest.fixture
def change(database: Path) -> Callable[[str], None]:
    """Return what changes rows past the service."""

    def change(sql: str) -> None:
        with sqlite3.connect(database) as connection:
            connection.execute(sql)
        connection.close()

    return change


@pytest.fixture
def redis() -> FakeRedis:
    """Return an empty Redis."""
    return FakeRedis()


@pytest.fixture
def web() -> FakeWeb:
    """Return a web without pages."""
    return FakeWeb()


@pytest.fixture
def app(database: Path, redis: FakeRedis, web: FakeWeb, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """Return an app that nobody else uses."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{database}")
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    from shelf.cache import Cache
    from shelf.dependencies import get_cache, get_page_reader
    from shelf.kept_pages import KeptPageReader
    from shelf.main import create_app

    app = create_app()
    cache = Cache(redis, 1)
    app.dependency_overrides[get_cache] = lambda: cache
    app.dependency_overrides[get_page_reader] = lambda: KeptPageReader(web, 1, cache)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Return a client; `with` runs the lifespan."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def sign_up(client: TestClient, name: str) -> Headers:
    """Open an account and return its credentials."""
    account = {"username": name, "email": f"{name}@example.com", "age": 33, "password": "a long password"}
    assert client.post("/api/accounts/", json=account).status_code == 201
    token = client.post("/api/auth/token", data={"username": name, "password": "a long password"}).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


@pytest.fixture
def ann(client: TestClient) -> Headers:
    """Return Ann's credentials."""
    return sign_up(client, "ann")


@pytest.fixture
def ben(client: TestClient) -> Headers:
    """Return Ben's credentials."""
    return sign_up(client, "ben")
