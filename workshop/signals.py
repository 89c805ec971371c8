"""Ending in an orderly way when the system asks for it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM, and a terminal that is closed, end the block as ^C does: by KeyboardInterrupt."""
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in NAMES if hasattr(signal, name)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
