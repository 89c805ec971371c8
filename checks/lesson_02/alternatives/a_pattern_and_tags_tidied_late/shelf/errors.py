"""How errors are answered. Here FastAPI's own handler answers, with errors that have lost what they must not tell."""

from fastapi import Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError

SECRET = {"input", "ctx", "url"}


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer 422, and name each bad field and what is wrong with it."""
    errors = [{key: value for key, value in one.items() if key not in SECRET} for one in error.errors()]
    return await request_validation_exception_handler(request, RequestValidationError(errors))
