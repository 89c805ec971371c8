"""The service: puts an app together, and gives it what it needs for as long as it runs."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from shelf.accounts import router as accounts
from shelf.bookmarks import links, refresh
from shelf.bookmarks import router as bookmarks
from shelf.config import SettingsError, load_settings
from shelf.database import open_database
from shelf.dependencies import Resources
from shelf.errors import answer_invalid
from shelf.pages import open_session
from shelf.tags import router as tags
from shelf.transfer import router as transfer

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
HEADERS = ["Authorization", "Content-Type"]

router = APIRouter()


class Health(BaseModel):
    """Whether the service is well, and which version of the API it speaks."""

    version: str = "1.46.0"
    status: str = "healthy"


@router.get("/health")
async def health() -> Health:
    """Say that the service is up."""
    return Health()


def create_app() -> FastAPI:
    """Put an app together that shares nothing with any other; raise SettingsError if the environment is wrong."""
    settings = load_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_session() as web, open_database(settings.database_url) as sessions:
            app.state.resources = Resources(settings, sessions, web)
            yield

    app = FastAPI(
        title="Shelf",
        debug=settings.debug,
        lifespan=lifespan,
        exception_handlers={RequestValidationError: answer_invalid},
    )
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=METHODS, allow_headers=HEADERS
    )
    # Bookmarks after those that share their path, so that `check` and `export` are not taken for an id.
    before = (links.router, refresh.router, transfer.router)
    for part in (router, *before, bookmarks.router, tags.router, accounts.router):
        app.include_router(part)
    return app


try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Shelf cannot start. {error}")
