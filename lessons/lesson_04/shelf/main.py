"""The service: puts an app together, and gives it what it needs for as long as it runs."""

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from shelf import accounts, bookmarks, links, refresh
from shelf.config import load_settings
from shelf.errors import answer_invalid

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
    # TODO: nothing is opened when the app starts, and so nothing can be closed when it ends.
    settings = load_settings()
    app = FastAPI(
        title="Shelf",
        debug=settings.debug,
        exception_handlers={RequestValidationError: answer_invalid},
    )
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=METHODS, allow_headers=HEADERS
    )
    # Bookmarks last, so that `check` and `refresh` are not taken for an id.
    for part in (router, links.router, refresh.router, bookmarks.router, accounts.router):
        app.include_router(part)
    return app


# TODO: a wrong setting ends in an error about floats (under uvicorn, in a page of traceback). Let it end in one line.
app = create_app()
