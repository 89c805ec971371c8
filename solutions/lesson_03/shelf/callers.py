"""Work that is done only as long as somebody waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from fastapi import HTTPException, Request

CALLER_HUNG_UP = 499
"""No standard has a number for it. Nobody receives it either, but logs know it."""

T = TypeVar("T")


class CallerGoneError(Exception):
    """The caller has hung up."""


async def while_caller_waits(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; if the caller hangs up first, stop it and raise a 499.

    The request's body must have been read.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(_watch(request))
            result = await work
            watcher.cancel()
    except* CallerGoneError as gone:
        raise HTTPException(CALLER_HUNG_UP, detail="the caller has hung up") from gone
    return result


async def _watch(request: Request) -> NoReturn:
    """Raise CallerGoneError when the caller hangs up: FastAPI stops no route for that."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise CallerGoneError
