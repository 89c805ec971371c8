"""The service: puts its parts together."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from shelf import accounts, bookmarks, links, refresh
from shelf.errors import answer_invalid

app = FastAPI(title="Shelf", exception_handlers={RequestValidationError: answer_invalid})
app.include_router(links.router)  # before bookmarks, so that `check` is not taken for an id
app.include_router(refresh.router)
app.include_router(bookmarks.router)
app.include_router(accounts.router)


class Health(BaseModel):
    """Whether the service is well, and which version of the API it speaks."""

    version: str = "1.46.0"
    status: str = "healthy"


@app.get("/health")
async def health() -> Health:
    """Say that the service is up."""
    return Health()
