"""How long a learner waits for a verdict, as a ratio to the bare cost of importing what it needs.

    uv run python tests/bench/bench_cold.py [lesson ...]

The bare cost is `python -c "import pytest, fastapi, sqlalchemy.ext.asyncio"`, measured beside each run. The aim is a
ratio of three at most. Times depend on the machine, so nothing is asserted here.
"""

import statistics
import subprocess
import sys
import time

from workshop.course import Course

BARE = [sys.executable, "-c", "import pytest, fastapi, sqlalchemy.ext.asyncio"]
ROUNDS = 5


def seconds(command: list[str]) -> float:
    """How long a command takes."""
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=Course.here().root)
    return time.monotonic() - began


def main() -> None:
    """Measure each lesson and print a line for it."""
    course = Course.here()
    for lesson in map(course.lesson, sys.argv[1:] or [lesson.number for lesson in course.lessons]):
        graded = [sys.executable, "-m", "pytest", f"checks/{lesson.name}", "--solution"]
        seconds(graded)  # the first run writes bytecode
        pairs = [(seconds(graded), seconds(BARE)) for _ in range(ROUNDS)]
        ratio = statistics.median(run / bare for run, bare in pairs)
        run, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(
            f"lesson {lesson.number:02}: cold run {run:.2f} s, bare imports {bare:.2f} s, ratio {ratio:.2f}", flush=True
        )


if __name__ == "__main__":
    main()
