"""How errors are turned into answers."""

from contextlib import suppress
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from shelf.errors import NotSignedInError
from shelf.middleware import UnhandledErrors
from shelf.problems import answer_invalid, answer_shelf

SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


async def test_a_422_repeats_nothing() -> None:
    fault = {"loc": ["body", "password"], "msg": "too short", "type": "short", "input": "secret", "ctx": {}}
    assert b"secret" not in (await answer_invalid(Request(SCOPE), RequestValidationError([fault]))).body


async def test_a_401_says_how_to_come_in() -> None:
    answer = await answer_shelf(Request(SCOPE), NotSignedInError("who are you?"))
    assert answer.headers.get("WWW-Authenticate") == "Bearer"


async def test_a_500_keeps_the_inside_inside() -> None:
    sent: list[Any] = []

    async def fails(*_: Any) -> None:
        raise ValueError("of the inside")

    async def send(message: Any) -> None:
        sent.append(message)

    with suppress(ValueError):
        await UnhandledErrors(fails, debug=False)(SCOPE, send, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 500
    assert "inside" not in str(sent)
