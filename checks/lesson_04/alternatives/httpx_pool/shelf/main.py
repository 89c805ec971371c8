"""The service: settings, store and reader stand on the app, each by itself; an exit stack closes what was opened."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from shelf import accounts, bookmarks, links, refresh
from shelf.config import SettingsError, load_settings
from shelf.errors import answer_invalid
from shelf.pages import PageReader, open_session
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
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(open_session())
            app.state.reader = PageReader(session, settings.page_seconds)
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
    app.state.settings = settings
    app.state.store = Store()
    # Bookmarks last, so that `check` and `refresh` are not taken for an id.
    for part in (router, links.router, refresh.router, bookmarks.router, accounts.router):
        app.include_router(part)
    return app


try:
    app = create_app()
except SettingsError as error:
    print(f"Shelf cannot start. {error}", file=sys.stderr)
    sys.exit(1)
