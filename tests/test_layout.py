"""The one rule that lays out every state."""

from pathlib import Path

import pytest

from workshop import layout
from workshop.course import Course


def texts(state: layout.State) -> dict[str, str]:
    """The state as it would read."""
    return {str(path): source.read_text() for path, source in state.items()}


def test_a_starter_is_what_its_lesson_gives(two_lessons: Course) -> None:
    """start(1) is lessons/lesson_01 without what is about the lesson."""
    assert texts(layout.start(two_lessons, two_lessons.lesson(1))) == {
        "shelf/main.py": "first starter",
        "shelf/given.py": "given",
        "shelf/old.py": "old",
        "shelf/noise.py": "noise",
    }


def test_a_later_starter_stands_on_the_solution_before_it(two_lessons: Course) -> None:
    """start(2) is solved(1), without what lesson 2 removes, under what lesson 2 gives."""
    assert texts(layout.start(two_lessons, two_lessons.lesson(2))) == {
        "shelf/main.py": "first solution",
        "shelf/given.py": "given",
        "shelf/more.py": "second starter",
    }


def test_a_solved_state_lies_on_its_starter(two_lessons: Course) -> None:
    """solved(2) is start(2) under solutions/lesson_02."""
    assert texts(layout.solved(two_lessons, two_lessons.lesson(2)))["shelf/more.py"] == "second solution"


def test_a_solution_can_remove_files(two_lessons: Course) -> None:
    """solved(1) lacks what lesson 1 says that its solution removes."""
    assert "shelf/noise.py" not in texts(layout.solved(two_lessons, two_lessons.lesson(1)))


def test_an_overlay_hides_what_lies_below(two_lessons: Course, tmp_path: Path) -> None:
    """An alternative's files lie on top."""
    (tmp_path / "other" / "shelf").mkdir(parents=True)
    (tmp_path / "other" / "shelf" / "main.py").write_text("other")
    state = layout.overlaid(layout.solved(two_lessons, two_lessons.lesson(1)), tmp_path / "other")
    assert texts(state)["shelf/main.py"] == "other"


def test_bytecode_is_no_part_of_a_layer(two_lessons: Course) -> None:
    """A `__pycache__` that somebody left in a lesson is not handed on."""
    cache = two_lessons.lesson(1).starter / "shelf" / "__pycache__"
    cache.mkdir()
    (cache / "main.pyc").write_text("")
    assert not [path for path in layout.start(two_lessons, two_lessons.lesson(1)) if "pyc" in path.name]


def test_work_is_laid_out_once_and_then_left_alone(two_lessons: Course) -> None:
    """What a learner wrote is never overwritten."""
    lesson = two_lessons.lesson(1)
    main = layout.ensure_work(two_lessons, lesson) / "shelf" / "main.py"
    assert main.read_text() == "first starter"
    main.write_text("mine")

    layout.ensure_work(two_lessons, lesson)

    assert main.read_text() == "mine"


def test_laying_out_never_writes_into_a_folder_that_is_there(two_lessons: Course, tmp_path: Path) -> None:
    """An existing target is an error, and stays as it is."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "precious").write_text("mine")
    with pytest.raises(OSError, match=r"."):
        layout.lay_out(layout.start(two_lessons, two_lessons.lesson(1)), target)
    assert [path.name for path in target.iterdir()] == ["precious"]


def test_a_failed_layout_leaves_nothing_behind(two_lessons: Course, tmp_path: Path) -> None:
    """All files or none: a source that vanishes half-way leaves no half folder."""
    state = layout.start(two_lessons, two_lessons.lesson(1))
    state[next(iter(state))] = tmp_path / "vanished"
    with pytest.raises(FileNotFoundError):
        layout.lay_out(state, tmp_path / "out" / "target")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_kept_is_kept_under_its_time(two_lessons: Course) -> None:
    """Two folders kept within one second do not collide."""
    lesson = two_lessons.lesson(1)
    places = []
    for text in ("first", "second"):
        (layout.ensure_work(two_lessons, lesson) / "note").write_text(text)
        places.append(layout.keep(lesson.work))

    assert [(place / "note").read_text() for place in places] == ["first", "second"]
    assert {place.parent for place in places} == {two_lessons.root / "work" / ".kept"}
    assert not lesson.work.exists()
