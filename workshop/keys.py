"""Keys pressed in a terminal, without Enter."""

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

Tell = Callable[[str], None]
LOOK = 0.1
"""Seconds between two looks at whether to end."""
ENDS = ("\x03", "\x04", "")
"""^C and ^D where they come as keys, and a terminal that has gone."""


@contextlib.contextmanager
def keys_pressed(tell: Tell) -> Iterator[None]:
    """While the block runs, call `tell`, in a thread, with each key pressed; "q" for what else ends a program.

    The terminal is afterwards as it was before, however the block ends.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_read, args=(tell, stop), name="keys", daemon=True)
    with _key_by_key():
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(1)


if sys.platform == "win32":
    import msvcrt

    @contextlib.contextmanager
    def _key_by_key() -> Iterator[None]:
        yield  # msvcrt reads single keys as it is

    def _read(tell: Tell, stop: threading.Event) -> None:
        while not stop.is_set():
            if not msvcrt.kbhit():
                time.sleep(LOOK / 2)
                continue
            key = msvcrt.getwch()
            if key in ("\x00", "\xe0"):
                msvcrt.getwch()  # the second half of an arrow or function key
            else:
                tell("q" if key in ENDS else key)

else:
    import termios
    import tty

    @contextlib.contextmanager
    def _key_by_key() -> Iterator[None]:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)

        def again(number: int, frame: FrameType | None) -> None:
            tty.setcbreak(terminal, termios.TCSANOW)

        # After ^Z and `fg` the shell has put its own settings in place of ours.
        continued = signal.signal(signal.SIGCONT, again)
        try:
            tty.setcbreak(terminal, termios.TCSANOW)
            yield
        finally:
            signal.signal(signal.SIGCONT, continued)
            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(terminal, termios.TCSANOW, before)

    def _read(tell: Tell, stop: threading.Event) -> None:
        terminal = sys.stdin.fileno()
        while not stop.is_set():
            if not select.select([terminal], [], [], LOOK)[0]:
                continue
            try:
                typed = os.read(terminal, 64).decode(errors="replace")
            except OSError:
                typed = ""
            for key in keys_in(typed):
                tell(key)
            if not typed:
                return


def keys_in(typed: str) -> list[str]:
    """Split what a terminal has sent at once into keys; escape sequences (arrows, function keys) are none."""
    if typed in ENDS:
        return ["q"]
    return [] if typed.startswith("\x1b") else ["q" if key in ENDS else key for key in typed.lower()]
