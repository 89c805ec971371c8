"""How errors are answered."""

from fastapi import Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer 422, and name each bad field and what is wrong with it."""
    # TODO: FastAPI's own answer repeats what was sent. Say what is wrong, and nothing that could be a secret.
    return await request_validation_exception_handler(request, error)
