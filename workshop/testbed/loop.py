"""One event loop in a background thread, so that checks can be plain synchronous functions."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


_first = threading.Lock()


def background_loop() -> asyncio.AbstractEventLoop:
    """Return the process's background loop; the first call starts its thread, which ends with the process."""
    with _first:  # `cache` alone lets two threads that come at the same moment make two
        return _background_loop()


@cache
def _background_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="testbed-loop", daemon=True).start()
    return loop


def submit(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Start `work` on the background loop and return its future."""
    return asyncio.run_coroutine_threadsafe(work, background_loop())


def run(work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
    """Run `work` on the background loop and wait for its result, at most `seconds`."""
    return submit(work).result(seconds)
