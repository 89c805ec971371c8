"""How long from a save to the verdict while watching, as a ratio to a cold run of the same steps.

    uv run python tests/bench/bench_watch.py [lesson ...]

The cold run is `pytest checks/lesson_NN --path ...` on the same files, measured beside each save. The aim is a ratio
of a half at most. Two saves are measured: the solution, which passes and so is started once more in a fresh process,
and the lesson's first mistake. Watching runs for real, on a copy of the course in a temporary folder; only the
terminal is left out. Times depend on the machine, so nothing is asserted here.
"""

import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.mistakes import load as mistakes_of
from workshop.keys import Tell
from workshop.screen import Bar, Screen
from workshop.watch import Watch

ROUNDS = 5
DONE = "q quit"
"""The end of each page that watching shows."""
SEEN = " Seen "
"""What stands in a failing step in full."""
Times = tuple[float, float, float]
"""Seconds to the verdict, to the end of the page, and of the cold run beside it."""


class OpenScreen(Screen):
    """Writes down at once what a terminal shows below the progress bar."""

    def bar(self, words: str, total: int | None = None) -> Bar:
        """Return a bar whose lower lines are written like all others."""
        bar = super().bar(words, total)
        bar.below = self.lines  # type: ignore[method-assign]
        return bar


def cold(course: Course, lesson: Lesson) -> float:
    """Seconds of a cold run."""
    house = Course.here().root
    began = time.monotonic()
    command = ["pytest", f"checks/{lesson.name}", "--path", str(lesson.work)]
    subprocess.run([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, cwd=house, check=False)
    return time.monotonic() - began


class Saver:
    """Stands in for the learner at the keyboard: saves, and reads the clock when something is shown."""

    def __init__(self, course: Course, lesson: Lesson, page: io.StringIO) -> None:
        self.course = course
        self.lesson = lesson
        self.page = page
        self.passing: list[Times] = []
        self.failing: list[Times] = []

    @contextmanager
    def keys(self, press: Tell) -> Iterator[None]:
        """Save in the background; then press q."""
        threading.Thread(target=self._save_and_quit, args=(press,), daemon=True).start()
        yield

    def _save_and_quit(self, press: Tell) -> None:
        mistake = next(each for each in mistakes_of(self.lesson) if len(each.edits) == 1 and not each.files)
        file = mistake.edits[0].file
        solved = (self.lesson.work / file).read_bytes()
        last = f" {len(self.lesson.steps)}. "
        self._seconds_until(DONE, time.monotonic())
        for _ in range(ROUNDS):
            self._save(lambda: mistake.apply(self.lesson.work), SEEN)
            self.failing.append(self._round(lambda: self._add_a_line(file), SEEN))
            self.passing.append(self._round(lambda: (self.lesson.work / file).write_bytes(solved), last))
        press("q")

    def _add_a_line(self, file: str) -> None:
        with (self.lesson.work / file).open("a", encoding="utf-8") as opened:
            opened.write("# Still wrong.\n")

    def _round(self, save: Callable[[], object], verdict: str) -> Times:
        return *self._save(save, verdict), cold(self.course, self.lesson)

    def _save(self, save: Callable[[], object], verdict: str) -> tuple[float, float]:
        self.page.seek(0)
        self.page.truncate()
        began = time.monotonic()
        save()
        return self._seconds_until(verdict, began), self._seconds_until(DONE, began)

    def _seconds_until(self, words: str, began: float) -> float:
        while words not in self.page.getvalue():
            time.sleep(0.002)
        return time.monotonic() - began


def show(what: str, rounds: list[Times]) -> None:
    """Print the medians of some rounds."""
    verdict, page, run = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(each / whole for each, _, whole in rounds)
    print(f"{what}: verdict {verdict:.2f} s, page {page:.2f} s, cold run {run:.2f} s, ratio {ratio:.2f}")


def main() -> None:
    """Measure each lesson and print two lines for it."""
    house = Course.here()
    for number in sys.argv[1:] or [str(house.lessons[0].number)]:
        with tempfile.TemporaryDirectory() as folder:
            for tree in ("lessons", "solutions", "checks"):
                shutil.copytree(house.root / tree, Path(folder) / tree)
            course = Course(Path(folder))
            lesson = course.lesson(number)
            layout.lay_out(layout.solved(course, lesson), lesson.work)
            page = io.StringIO()
            saver = Saver(course, lesson, page)
            Watch(course, lesson, OpenScreen(page)).run(saver.keys)
        show(f"lesson {lesson.number:02}, a save that fails ", saver.failing)
        show(f"lesson {lesson.number:02}, a save that passes", saver.passing)


if __name__ == "__main__":
    main()
