"""Work that is done only as long as somebody waits for it."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

CALLER_HUNG_UP = 499
"""No standard has a number for it. Nobody receives it either, but logs know it."""

T = TypeVar("T")


async def while_caller_waits(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; if the caller hangs up first, stop it and raise a 499.

    The request's body must have been read.
    """
    # TODO: nothing tells this route that its caller has gone; it works to the end for nobody.
    return await work
