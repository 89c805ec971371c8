"""How errors are answered: each as a problem document (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from shelf.errors import InvalidError, NotFoundError, PagesError, ShelfError, TakenError, TooSlowError

STATUSES: Mapping[type[ShelfError], int] = {
    NotFoundError: status.HTTP_404_NOT_FOUND,
    TakenError: status.HTTP_409_CONFLICT,
    InvalidError: status.HTTP_422_UNPROCESSABLE_CONTENT,
    PagesError: status.HTTP_502_BAD_GATEWAY,
    TooSlowError: status.HTTP_504_GATEWAY_TIMEOUT,
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
    # TODO: no client can tell this from any other JSON, and only people can tell what went wrong.
    return JSONResponse({"detail": detail} | facts, status, headers)


async def answer_shelf(request: Request, error: ShelfError) -> Response:
    """Answer what Shelf cannot do."""
    return problem(request, STATUSES[type(error)], str(error), **error.facts)


async def answer_http(request: Request, error: HTTPException) -> Response:
    """Answer what a route, or the router before it, has refused."""
    # TODO: the router has refusals of its own, and they never come here.
    return problem(request, error.status_code, error.detail)


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer 422, and name each bad field and what is wrong with it."""
    # Nothing else of errors() may leave: `input` repeats a password, `ctx` can hold an exception, which is no JSON.
    errors = [{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]
    return problem(request, status.HTTP_422_UNPROCESSABLE_CONTENT, "fields are missing or wrong", errors=errors)


HANDLERS: Any = {ShelfError: answer_shelf, HTTPException: answer_http, RequestValidationError: answer_invalid}
