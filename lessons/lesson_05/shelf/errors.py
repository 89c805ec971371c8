"""Errors that several features know, and how errors are answered."""

from fastapi import Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


class TakenError(Exception):
    """Something that only one may have belongs to another already; the message says what."""


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer 422, and name each bad field and what is wrong with it."""
    # Nothing else of errors() may leave: `input` repeats a password, `ctx` can hold an exception, which is no JSON.
    detail = [{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]
    return JSONResponse({"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT)
