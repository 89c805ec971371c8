"""How errors are answered: each as a problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from shelf.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    NotSignedInError,
    PagesError,
    ShelfError,
    TakenError,
    TooManyError,
    TooSlowError,
    UnavailableError,
)

STATUSES: Mapping[type[ShelfError], int] = {
    NotSignedInError: status.HTTP_401_UNAUTHORIZED,
    ForbiddenError: status.HTTP_403_FORBIDDEN,
    NotFoundError: status.HTTP_404_NOT_FOUND,
    TakenError: status.HTTP_409_CONFLICT,
    InvalidError: status.HTTP_422_UNPROCESSABLE_CONTENT,
    TooManyError: status.HTTP_429_TOO_MANY_REQUESTS,
    PagesError: status.HTTP_502_BAD_GATEWAY,
    UnavailableError: status.HTTP_503_SERVICE_UNAVAILABLE,
    TooSlowError: status.HTTP_504_GATEWAY_TIMEOUT,
}

# A 401 has to say how to come in, a 503 when to come again.
HEADERS: Mapping[int, Mapping[str, str]] = {
    status.HTTP_401_UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    status.HTTP_503_SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}

FORM = "application/problem+json"
MEMBERS = {"type": "string", "title": "string", "status": "integer", "detail": "string", "instance": "string"}
DOCUMENT = {"required": list(MEMBERS), "properties": {name: {"type": kind} for name, kind in MEMBERS.items()}}
SCHEMA: dict[str, Any] = {"description": "What went wrong", "content": {FORM: {"schema": DOCUMENT}}}
"""How /docs and /openapi.json describe the answer to an error."""


def problem(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None, **facts: Any
) -> Response:
    """Return the answer that tells an error; `facts` become members of the document."""
    title, instance = _phrase(status), quote(request.url.path)
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance}
    return JSONResponse(told | facts, status, headers, media_type=FORM)


async def answer_shelf(request: Request, error: ShelfError) -> Response:
    """Answer what Shelf cannot do."""
    status = STATUSES[type(error)]
    return problem(request, status, str(error), HEADERS.get(status), **error.facts)


async def answer_pool_timeout(request: Request, error: PoolTimeoutError) -> Response:
    """Answer that no connection to the database has become free in time."""
    return await answer_shelf(request, UnavailableError("Shelf is busy"))


async def answer_http(request: Request, error: HTTPException) -> Response:
    """Answer what a route, or the router before it, has refused."""
    return problem(request, error.status_code, error.detail, error.headers)


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer 422, and name each bad field and what is wrong with it."""
    # Nothing else of errors() may leave: `input` repeats a password, `ctx` can hold an exception, which is no JSON.
    errors = [{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]
    return problem(request, status.HTTP_422_UNPROCESSABLE_CONTENT, "fields are missing or wrong", errors=errors)


# TODO: some of what callers send, PostgreSQL refuses. Nobody says so: it is a 500.
# Starlette's HTTPException: FastAPI's is a kind of it, and the router raises the plain one.
HANDLERS: Any = {
    ShelfError: answer_shelf,
    HTTPException: answer_http,
    RequestValidationError: answer_invalid,
    PoolTimeoutError: answer_pool_timeout,
}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
