"""Inside the service's process: a thread that notices when nothing moves any more, or when too much is printed."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.testbed.learner_code import is_importing, outermost_call, place_of_main_thread, position

PERIOD = 0.1
"""Seconds between two looks. Patience is counted in looks, not in seconds: on a machine so busy that the service
is late, this thread is late too, and nobody is accused."""
STILL_WAITING = 10
"""Looks at a main thread that sits at one instruction and uses no processor: it waits, and lets nobody else run."""
STILL_IN_ONE_CALL = 25
"""Looks at a loop that is busy with one call of a learner's, such as a loop without end."""
STILL_IN_MANY_CALLS = 100
"""Looks at a loop that is busy with one call after another: much to do, and perhaps too much, but it moves."""
STILL_IMPORTING = 30
STILL_IMPORTING_A_LIBRARY = 400
OUTPUT_LIMIT = 16 * 1024 * 1024


class Watchdog:
    """Reports `stuck`, `moving` and `flooded` events through `report`."""

    def __init__(self, folder: Path, report: Callable[[dict[str, Any]], None]) -> None:
        self.folder = folder
        self.report = report
        self.beats = 0
        self.serving = False
        self.main_thread = threading.get_ident()
        self._stuck = False
        self._waits = 0
        self._imported = 0
        """The look up to which the main thread was seen importing a library; its patience counts from there."""
        self._in_one_call = 0
        self._call: int | None = None
        self._position: tuple[int, int] | None = None
        self._processor = 0.0

    def beat(self) -> None:
        """Say that the event loop is turning."""
        self.beats += 1

    def start(self) -> None:
        """Start looking, in a thread that ends with the process."""
        threading.Thread(target=self._look_for_ever, name="testbed-watchdog", daemon=True).start()

    def _look_for_ever(self) -> None:
        still, last = 0, -1
        while True:
            time.sleep(PERIOD)
            self._look_at_output()
            still = still + 1 if self.beats == last else 0
            last = self.beats
            self._imported = min(self._imported, still)
            self._waits = self._waits + 1 if self._sits_still() else 0
            self._in_one_call = self._in_one_call + 1 if self._is_in_the_same_call() else 0
            self._judge(still)

    def _is_in_the_same_call(self) -> bool:
        before, self._call = self._call, outermost_call(self.folder, self.main_thread)
        return self._call == before

    def _sits_still(self) -> bool:
        before, used = self._position, self._processor
        self._position, self._processor = position(self.main_thread), time.process_time()
        return (
            self._position is not None
            and self._position == before
            and self._processor - used < PERIOD / 10
            and not kept_from_running()
        )

    def _judge(self, still: int) -> None:
        if self._stuck and still == 0:
            self._stuck = False
            self.report({"event": "moving"})
        elif not self._stuck and still >= self._patience(still):
            self._stuck = True
            place = place_of_main_thread(self.folder, self.main_thread)
            self.report({"event": "stuck", "place": place, "serving": self.serving})

    def _patience(self, still: int) -> int:
        # Libraries are imported while serving too: the server its protocols, a route what it needs.
        if is_importing(self.folder, self.main_thread):
            self._imported = still
            return STILL_IMPORTING_A_LIBRARY
        if self.serving and self._waits >= STILL_WAITING:
            patience = STILL_WAITING
        elif self.serving:
            patience = STILL_IN_ONE_CALL if self._in_one_call >= STILL_IN_ONE_CALL else STILL_IN_MANY_CALLS
        else:
            patience = 2 * STILL_WAITING if self._waits >= 2 * STILL_WAITING else STILL_IMPORTING
        return self._imported + patience

    def _look_at_output(self) -> None:
        if os.fstat(1).st_size > OUTPUT_LIMIT:
            self.report({"event": "flooded", "place": place_of_main_thread(self.folder, self.main_thread)})
            os._exit(70)


def kept_from_running() -> bool:
    """Whether a thread of this process, apart from this one, could run and does not get to it; Linux alone can tell.

    On a busy machine that takes a second at times, and from outside it looks like waiting.
    """
    try:
        others = set(os.listdir("/proc/self/task")) - {str(threading.get_native_id())}
        return any(_is_ready_to_run(thread) for thread in others)
    except OSError:
        return False


def _is_ready_to_run(thread: str) -> bool:
    status = Path("/proc/self/task", thread, "stat").read_text(encoding="utf-8", errors="replace")
    return status.rpartition(")")[2].split()[0] == "R"
