"""Point 7: solutions pass ruff and mypy --strict."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate.cases import Case
from workshop.gate.defect import Defect, shown
from workshop.gate.imports import sources

SECONDS = 240
FINDING = re.compile(r"(?P<file>[^:\n]+\.py):(?P<line>\d+): ?(?:\d+: |error: )(?P<text>.+)")


def cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    """Yield ruff on the lesson's solution, and mypy on the whole service as it is in the end."""
    place = shown(course.root, lesson.solution)
    yield ToolsCase(lesson, "ruff and mypy", place, layout.solved(course, lesson))


class ToolsCase(Case):
    """Both tools on one solution."""

    @property
    def queue(self) -> str:
        """One mypy at a time: the first fills the cache that makes the others quick."""
        return "mypy"

    def files(self) -> set[Path]:
        """Return the settings of the tools, this module, and the lock."""
        return {_house("pyproject.toml"), _house("uv.lock")} | sources(__name__)

    def run(self, folder: Path) -> list[Defect]:
        """Run ruff where the files are, since settings go by folder; mypy on the service laid out."""
        return [*self._ruff(), *self._mypy(folder / "service")]

    def _ruff(self) -> Iterator[Defect]:
        if self.lesson.solution.is_dir():
            output = ["--output-format=concise", "--quiet", "--no-cache"]
            command = ["ruff", "check", "--config", str(_house("pyproject.toml")), *output, self.place]
            yield from self._findings("ruff", _run(command, self.lesson.root))

    def _mypy(self, service: Path) -> Iterator[Defect]:
        layout.lay_out(self.state, service)
        cache = ["--cache-dir", str(_house(".mypy_cache") / "gate")]
        plain = ["--no-error-summary", "--no-pretty", "--hide-error-context", "--no-color-output"]
        settings = ["--strict", "--config-file", str(_house("pyproject.toml"))]
        done = _run(["mypy", *settings, *cache, *plain, "-p", "shelf"], service)
        yield from self._findings("mypy", done)
        if any(file.is_relative_to(self.lesson.solution / "tests") for file in self.state.values()):
            done = _run(["mypy", *settings, *cache, *plain, "tests"], service)
            yield from self._findings("mypy", done)

    def _findings(self, tool: str, done: "subprocess.CompletedProcess[str]") -> Iterator[Defect]:
        if done.returncode == 0:
            return
        found = [match for line in done.stdout.splitlines() if (match := FINDING.match(line))]
        for match in found:
            file = match["file"].replace("\\", "/")
            source = self.state.get(PurePosixPath(file))
            place = shown(self.lesson.root, source) if source else file
            yield Defect(place, f"line {match['line']}: {tool} says: {match['text']}")
        if not found:
            yield Defect(self.place, f"{tool} could not be run: {(done.stderr or done.stdout).strip()}")


def _house(name: str) -> Path:
    return Course.here().root / name


def _run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    python = [sys.executable, "-m", *command]
    env = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(
        python, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
