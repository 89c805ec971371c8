"""Windows of time, for steps about limits: one that does not turn by itself, and a clock that turns when it is told."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.testbed.service import Service

SHORTEST = 3600
MARGIN = 900


def far_window() -> int:
    """Return the seconds of a window, counted from the epoch, that neither begins nor ends for a quarter of an hour."""
    now = time.time()
    return next(seconds for seconds in range(SHORTEST, 2 * SHORTEST) if MARGIN < now % seconds < seconds - MARGIN)


def turn_clock(service: "Service", seconds: float) -> None:
    """Let `time.time()` in the service's process be so many seconds later; no other clock of anybody's changes."""
    service.ask(_turned, seconds)


def _turned(seconds: float) -> None:
    import time

    before = time.time
    time.time = lambda: before() + seconds
