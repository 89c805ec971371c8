"""How long from a save to the verdict while watching, as a ratio to a cold run of the same steps.

    uv run python tests/bench/bench_watch.py [lesson ...]

The cold run is `pytest checks/lesson_NN --solution`, measured beside each save. The aim is a ratio of a half at most.
Watching runs for real, on a copy of the lesson in a temporary folder; only the terminal is left out. Times depend on
the machine, so nothing is asserted here.
"""

import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson
from workshop.keys import Tell
from workshop.screen import Screen
from workshop.watch import Watch

ROUNDS = 5
DONE = "q quit"
"""The end of each page that watching shows."""
STEP = "\n  ok "
"""The beginning of the line of a step that passed."""


def cold(lesson: Lesson) -> float:
    """Seconds of a cold run."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", f"checks/{lesson.name}", "--solution"]
    subprocess.run(command, stdout=subprocess.DEVNULL, cwd=Course.here().root, check=True)
    return time.monotonic() - began


class Saver:
    """Stands in for the learner at the keyboard: saves, and reads the clock when something is shown."""

    def __init__(self, lesson: Lesson, page: io.StringIO) -> None:
        self.lesson = lesson
        self.page = page
        self.rounds: list[tuple[float, float, float]] = []
        """Of each round the seconds to the first step's line, to the verdict, and of the cold run beside it."""

    @contextmanager
    def keys(self, press: Tell) -> Iterator[None]:
        """Save in the background; then press q."""
        thread = threading.Thread(target=self._save, args=(press,), daemon=True)
        thread.start()
        yield
        thread.join()

    def _save(self, press: Tell) -> None:
        self._seconds_until(DONE, time.monotonic())
        for _ in range(ROUNDS):
            self.page.seek(0)
            self.page.truncate()
            began = time.monotonic()
            file = self.lesson.work / "shelf" / "main.py"
            file.write_bytes(file.read_bytes())
            first = self._seconds_until(STEP, began)
            self.rounds.append((first, self._seconds_until(DONE, began), cold(self.lesson)))
        press("q")

    def _seconds_until(self, words: str, began: float) -> float:
        while words not in self.page.getvalue():
            time.sleep(0.002)
        return time.monotonic() - began


def main() -> None:
    """Measure each lesson and print a line for it."""
    house = Course.here()
    for number in sys.argv[1:] or [str(house.lessons[0].number)]:
        with tempfile.TemporaryDirectory() as folder:
            for tree in ("lessons", "solutions", "checks"):
                shutil.copytree(house.root / tree, Path(folder) / tree)
            course = Course(Path(folder))
            lesson = course.lesson(number)
            layout.lay_out(layout.solved(course, lesson), lesson.work)
            page = io.StringIO()
            saver = Saver(lesson, page)
            Watch(course, lesson, Screen(page)).run(saver.keys)
        first, watched, run = (statistics.median(times) for times in zip(*saver.rounds, strict=True))
        ratio = statistics.median(verdict / whole for _, verdict, whole in saver.rounds)
        print(
            f"lesson {number}: first step {first:.2f} s after the save, verdict {watched:.2f} s, "
            f"cold run {run:.2f} s, ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
