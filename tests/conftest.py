"""What several tests of the machinery share."""

import os
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from workshop.course import Course

LESSON = 'slug = "lesson-{0}"\ntitle = "Lesson {0}"\nminutes = 10\n'


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Let several processes share the tests, if all of them are asked for and nobody has said how."""
    option, everything = config.option, config.args_source is pytest.Config.ArgsSource.TESTPATHS
    plain = option.numprocesses is None and not option.usepdb and not option.collectonly
    if everything and plain and not hasattr(config, "workerinput"):
        option.numprocesses, option.dist = max(2, os.cpu_count() or 1), "worksteal"
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the gate: it takes longest, and its work is done by processes of its own."""
    items.sort(key=lambda item: item.path.name != "test_gate.py")


def make_course(root: Path, files: Mapping[str, str]) -> Course:
    """Write a course of the given files and return it; a lesson without a lesson.toml gets a plain one."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for folder in root.glob("lessons/lesson_*"):
        if not (folder / "lesson.toml").exists():
            (folder / "lesson.toml").write_text(LESSON.format(int(folder.name[-2:])), encoding="utf-8")
    return Course(root)


@pytest.fixture
def two_lessons(tmp_path: Path) -> Course:
    """A course of two lessons that change, add and remove files."""
    return make_course(
        tmp_path / "course",
        {
            "lessons/lesson_01/shelf/main.py": "first starter",
            "lessons/lesson_01/shelf/given.py": "given",
            "lessons/lesson_01/shelf/old.py": "old",
            "lessons/lesson_01/README.md": "# 01",
            "solutions/lesson_01/shelf/main.py": "first solution",
            "lessons/lesson_02/lesson.toml": LESSON.format(2) + 'removes = ["shelf/old.py"]\n',
            "lessons/lesson_01/lesson.toml": LESSON.format(1) + 'solution_removes = ["shelf/noise.py"]\n',
            "lessons/lesson_01/shelf/noise.py": "noise",
            "lessons/lesson_02/shelf/more.py": "second starter",
            "solutions/lesson_02/shelf/more.py": "second solution",
            "checks/lesson_01/test_one.py": 'def test_it(shelf):\n    """It works."""\n',
        },
    )
