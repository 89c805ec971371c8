"""The last thing that the warm parent imports: what FastAPI and uvicorn import late is then there before the fork."""

import contextlib
import sys
from dataclasses import dataclass


@dataclass
class Answer:
    """A body, so that FastAPI makes a schema of it."""

    text: str


def exercise() -> None:
    """Build a small app and make it ready to be served, without starting anything."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    app.get("/")(answer)
    uvicorn.Config(app, log_config=None).load()


async def answer(text: str) -> Answer:
    """A route with a parameter and a body."""
    return Answer(text)


if "fastapi" in sys.modules:
    # If this fails, services start a little later; nothing else comes of it.
    with contextlib.suppress(Exception):
        exercise()
