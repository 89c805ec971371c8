"""Noticing that a learner saves a file."""

import re
import threading
from collections.abc import Callable
from pathlib import Path, PurePath

import watchfiles

STEP = 15
"""Milliseconds of quiet after a change before it is told: an editor may write a file in several strokes."""
LONGEST = 300
"""Milliseconds after which a change is told even if there is no quiet."""
LOOK = 0.3
"""Seconds between two looks at whether the folder is still the same one."""
NOT_SAVED = re.compile(
    r"~$|\.(py[co]|tmp|temp|sw[a-z]|bak|orig)$|\.tmp\.|___jb_|^#|^4913$|^flycheck_"  # of Python and of editors
    r"|\.log$|\.(db|sqlite3?)(-\w+)?$"  # of a service that somebody has started in the folder
)
"""Names of files that programs write by themselves."""


def is_save(relative: PurePath) -> bool:
    """Tell whether a change of this file, a path within the lesson's folder, is a save of the learner's."""
    hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
    return not hidden and not NOT_SAVED.search(relative.name)


class Saves:
    """Calls `tell`, in a thread of its own, after each save below `folder`, and when the folder goes or comes back."""

    def __init__(self, folder: Path, tell: Callable[[], None]) -> None:
        self.folder = folder.resolve()
        self.tell = tell
        self._stop = threading.Event()
        self._known = _identity(self.folder)
        self._thread = threading.Thread(target=self._look_for_ever, name="saves", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(1)

    def _look_for_ever(self) -> None:
        while not self._stop.is_set():
            if self._changed_identity():
                self.tell()
            try:
                self._watch()
            except (OSError, RuntimeError):  # no such folder, or it went while it was being looked at
                self._stop.wait(LOOK)

    def _changed_identity(self) -> bool:
        before, self._known = self._known, _identity(self.folder)
        return self._known != before

    def _watch(self) -> None:
        """Tell of saves until the folder is not the same one any more: a deleted folder sends no events, ever."""
        for changes in watchfiles.watch(
            self.folder,
            watch_filter=self._is_save,
            step=STEP,
            debounce=LONGEST,
            rust_timeout=int(LOOK * 1000),
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            if _identity(self.folder) != self._known:
                return
            if changes:
                self.tell()

    def _is_save(self, change: watchfiles.Change, path: str) -> bool:
        if change == watchfiles.Change.modified and Path(path).is_dir():
            return False  # what has changed is in it, and is told as well if it is a save
        try:
            return is_save(PurePath(path).relative_to(self.folder))
        except ValueError:  # reported by another name; a run too many does no harm
            return True


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
