"""Grading a lesson from within a program: one pytest run in this process, its verdict as a value."""

import contextlib
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from workshop import verdict
from workshop.course import Course, Lesson
from workshop.verdict import Verdict

UNUSED = (
    *("cacheprovider", "doctest", "faulthandler", "junitxml", "legacypath", "pastebin", "recwarn", "stepwise"),
    *("subtests", "threadexception", "unittest", "unraisableexception"),
)
"""Parts of pytest that no step needs; without them a run costs less."""
QUIET = (*(f"-pno:{name}" for name in UNUSED), "--color=no", "--tb=short")


def grade(lesson: Lesson, *options: str, steps: Sequence[str] = (), plugins: Sequence[object] = ()) -> Verdict:
    """Run a lesson's steps (or only those named) and return the verdict.

    `options` are the plugin's: `--solution`, `--starter`, `--path`, a folder; without one the learner's own folder
    is graded. `plugins` are objects with hooks of pytest's, for whoever wants to hear of each step. The process stays
    warm: the next call is several times faster than the first.
    """
    targets = [f"{step.file}::{step.name}" for step in lesson.steps if step.name in steps] or [str(lesson.checks)]
    with tempfile.TemporaryDirectory(prefix="shelf-verdict-") as folder:
        file = Path(folder) / "verdict.json"
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main([*targets, *QUIET, *_home(lesson), *options, "--verdict", str(file)], plugins)
        found = verdict.read(file)
    if found is None:
        return Verdict(lesson.slug, message=f"The grader itself failed (pytest ended with {code}):\n{said.getvalue()}")
    return found


def _home(lesson: Lesson) -> tuple[str, ...]:
    """Where pytest finds its settings and the lessons, for a lesson of another course than the workshop's own."""
    house = Course.here().root
    return () if lesson.root == house else ("-c", str(house / "pyproject.toml"), "--course", str(lesson.root))
