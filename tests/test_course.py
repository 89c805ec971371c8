"""Reading the content trees."""

from pathlib import Path

import pytest

from tests.conftest import make_course
from workshop.course import Course, CourseError


@pytest.mark.parametrize("name", [1, "1", "01", "lesson_01", "lesson-1"])
def test_a_lesson_has_several_names(two_lessons: Course, name: int | str) -> None:
    """Number, padded number, folder and slug all lead to a lesson."""
    assert two_lessons.lesson(name).number == 1


def test_an_unknown_lesson_is_said_to_be_one(two_lessons: Course) -> None:
    """The message names the lessons that there are."""
    with pytest.raises(CourseError, match=r"There is no lesson 'nine'. Lessons: 1, 2\."):
        two_lessons.lesson("nine")


def test_a_damaged_lesson_file_is_named(tmp_path: Path) -> None:
    """A lesson.toml that cannot be read, or lacks a key, is named with what is wrong."""
    course = make_course(tmp_path, {"lessons/lesson_01/lesson.toml": 'slug = "x"\n'})
    with pytest.raises(CourseError, match=r"lessons/lesson_01/lesson.toml is damaged: 'title'"):
        _ = course.lessons


def test_steps_are_read_without_running_them(tmp_path: Path) -> None:
    """Name, fact, mark and order come from the source."""
    source = (
        "import pytest\n\n\n"
        'def test_b(shelf):\n    """The first.\n\n    More.\n    """\n\n\n'
        '@pytest.mark.guard\n@pytest.mark.until(5)\ndef test_a(shelf):\n    """The second."""\n\n\n'
        "def helper():\n    pass\n"
    )
    course = make_course(tmp_path, {"lessons/lesson_01/shelf/x.py": "", "checks/lesson_01/test_x.py": source})
    steps = course.lesson(1).steps
    assert [(step.name, step.fact, step.guard, step.until) for step in steps] == [
        ("test_b", "The first.", False, None),
        ("test_a", "The second.", True, 5),
    ]


def test_data_of_earlier_lessons_is_inherited(tmp_path: Path) -> None:
    """Modules to preload and variables to set add up; a later lesson's value wins, and what is served has its own."""
    course = make_course(
        tmp_path,
        {
            "lessons/lesson_01/lesson.toml": _data(1, 'preload = ["a", "b"]\n[env]\nX = "1"\nY = "1"\n'),
            "lessons/lesson_02/lesson.toml": _data(2, 'preload = ["b", "c"]\n[env]\nY = "2"\n[serve]\nX = "3"\n'),
        },
    )
    lesson = course.lesson(2)
    assert course.preload(lesson) == ["a", "b", "c"]
    assert course.env(lesson) == {"X": "1", "Y": "2"}
    assert course.served_env(lesson) == {"X": "3", "Y": "2"}


def _data(number: int, more: str) -> str:
    return f'slug = "l{number}"\ntitle = "L"\nminutes = 1\n{more}'
