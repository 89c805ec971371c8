"""The service: puts an app together; its lifespan yields a typed state instead of putting anything on the app."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from shelf import accounts, bookmarks, links, refresh
from shelf.config import SettingsError, load_settings
from shelf.dependencies import State
from shelf.errors import answer_invalid
from shelf.pages import open_session
from shelf.store import Store

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
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        async with open_session() as session:
            yield State(settings=settings, store=Store(), session=session)

    app = FastAPI(
        title="Shelf",
        debug=settings.debug,
        lifespan=lifespan,
        exception_handlers={RequestValidationError: answer_invalid},
    )
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=METHODS, allow_headers=HEADERS
    )
    # Bookmarks last, so that `check` and `refresh` are not taken for an id.
    for part in (router, links.router, refresh.router, bookmarks.router, accounts.router):
        app.include_router(part)
    return app


try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Shelf cannot start. {error}")
