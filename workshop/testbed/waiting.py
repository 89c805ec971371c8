"""Waiting for something to happen, without a stopwatch: until it is so, or until it can no longer come."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

GUARD = 15.0
"""Seconds that a wait may last. Only a failing step waits that long; a passing one takes milliseconds."""


@dataclass
class Waiter:
    """Waits on behalf of everything in one step; `hopeless` are questions that answer True once waiting is in vain."""

    hopeless: list[Callable[[], bool]] = field(default_factory=list)

    def until(self, condition: Callable[[], bool], seconds: float = GUARD) -> bool:
        """Wait until `condition()` is true; return False at the deadline, or as soon as waiting is in vain."""
        deadline = time.monotonic() + seconds
        while not condition():
            in_vain = any(is_hopeless() for is_hopeless in self.hopeless)
            if in_vain or time.monotonic() > deadline:
                # What was on its way while we asked has a last chance to arrive.
                time.sleep(0.05)
                return condition()
            time.sleep(0.002)
        return True
