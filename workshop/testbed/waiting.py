"""Waiting for something to happen, without a stopwatch: until it is so, or until it can no longer come."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from typing import Any

LOOK = 0.002
"""Seconds between two looks."""
LOOK_UP = 0.02
"""The same, where what is waited for wakes who waits."""
GUARD = 15.0
"""Seconds that a wait may last. Only a failing step waits that long; a passing one takes milliseconds."""


@dataclass
class Waiter:
    """Waits on behalf of everything in one step; `hopeless` are questions that answer True once waiting is in vain."""

    hopeless: list[Callable[[], bool]] = field(default_factory=list)

    def until(
        self, condition: Callable[[], bool], seconds: float = GUARD, rest: Callable[[], object] | None = None
    ) -> bool:
        """Wait until `condition()` is true; return False at the deadline, or as soon as waiting is in vain.

        `rest` passes the time between two looks, and may end early when something happens.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            in_vain = any(is_hopeless() for is_hopeless in self.hopeless)
            if in_vain or time.monotonic() > deadline:
                # What was on its way while we asked has a last chance to arrive.
                time.sleep(0.05)
                return condition()
            rest() if rest else time.sleep(LOOK)
        return True

    def until_done(self, future: "Future[Any]", seconds: float = GUARD) -> bool:
        """Wait until `future` is done; return False as `until` does."""
        return self.until(future.done, seconds, lambda: wait_for([future], LOOK_UP))
