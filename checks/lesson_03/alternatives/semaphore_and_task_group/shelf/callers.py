"""Work that is done only as long as somebody waits for it. Here somebody asks again and again whether they still do."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import HTTPException, Request

T = TypeVar("T")


async def while_caller_waits(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; if the caller hangs up first, stop it and raise a 499."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=0.1)
            if not task.done() and await request.is_disconnected():
                raise HTTPException(499)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})
