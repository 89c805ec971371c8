"""Beginning a lesson on one's own work."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import make_course
from workshop import carry, layout
from workshop.carry import Carried
from workshop.course import Course, CourseError
from workshop.merge import merged

BASE = "one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (BASE, BASE, BASE),
        ("ONE\ntwo\nthree\nfour\nfive\n", BASE, "ONE\ntwo\nthree\nfour\nfive\n"),
        ("ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n", "ONE\ntwo\nthree\nfour\nFIVE\n"),
        ("zero\n" + BASE, BASE + "six\n", "zero\n" + BASE + "six\n"),
        ("one\nthree\nfour\nfive\n", "one\ntwo\nthree\n4\nfive\n", "one\nthree\n4\nfive\n"),
        ("one\n2\nthree\nfour\nfive\n", "one\n2\nthree\nfour\nfive\nsix\n", "one\n2\nthree\nfour\nfive\nsix\n"),
        ("one\n2\nthree\nfour\nfive\n", "one\nzwei\nthree\nfour\nfive\n", None),
        ("one\n2\nthree\nfour\nfive\n", "one\ntwo\n3\nfour\nfive\n", None),
        (BASE + "six\n", BASE + "seven\n", None),
        (BASE + "six\n", BASE + "six\n", BASE + "six\n"),
        ("", BASE + "six\n", None),
        ("", BASE, ""),
    ],
)
def test_two_changes_become_one_text(first: str, second: str, expected: str | None) -> None:
    """Unless they are about one place; whose is whose does not matter."""
    assert merged(BASE, first, second) == expected
    assert merged(BASE, second, first) == expected


ONE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
Carry = Callable[..., tuple[dict[str, str], Carried]]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The second lesson adds a function to one file, and takes another one away."""
    return make_course(
        tmp_path / "course",
        {
            "lessons/lesson_01/shelf/main.py": "# TODO\n",
            "lessons/lesson_01/shelf/old.py": "old = 1\n",
            "lessons/lesson_01/shelf/same.py": "same = 1\n",
            "solutions/lesson_01/shelf/main.py": ONE,
            "lessons/lesson_02/lesson.toml": 'slug = "b"\ntitle = "B"\nminutes = 1\nremoves = ["shelf/old.py"]\n',
            "lessons/lesson_02/shelf/main.py": ONE + "\n\ndef three():\n    return 3\n",
            "lessons/lesson_02/shelf/new.py": "new = 1\n",
        },
    )


@pytest.fixture
def carried(course: Course) -> Carry:
    """Writes the learner's files of the first lesson (None deletes one) and carries them into the second."""

    def carried(files: dict[str, str | None]) -> tuple[dict[str, str], Carried]:
        first = course.lesson(1)
        layout.lay_out(layout.solved(course, first), first.work)
        for name, text in files.items():
            file = first.work / name
            file.unlink(missing_ok=True)
            if text is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        before = {str(path): file.read_bytes() for path, file in layout.files_in(first.work).items()}
        found = carry.lay_out(course, course.lesson(2))
        assert before == {str(path): file.read_bytes() for path, file in layout.files_in(first.work).items()}
        there = layout.files_in(course.lesson(2).work)
        return {str(path): file.read_text() for path, file in there.items()}, found

    return carried


def names(found: Carried) -> dict[str, list[str]]:
    """What came of it, without what came of nothing."""
    return {kind: [str(path) for path in paths] for kind, paths in vars(found).items() if paths}


STARTER = {"shelf/main.py": ONE + "\n\ndef three():\n    return 3\n", "shelf/new.py": "new = 1\n"}
PLAIN = STARTER | {"shelf/same.py": "same = 1\n"}


def test_the_reference_becomes_the_starter(carried: Carry) -> None:
    """Who has written what the solution says begins as everybody does."""
    state, found = carried({})
    assert state == PLAIN
    assert names(found) == {}


def test_what_is_ones_own_goes_on(carried: Carry) -> None:
    """With what the lesson changes in it; what a service leaves behind does not."""
    mine = ONE.replace("return 1", "return 1  # mine")
    files = {"shelf/main.py": mine, "shelf/same.py": "same = 2\n", "shelf/more/mine.py": "mine = 1\n"}
    left = {"shelf.db": "rows", ".env": "KEY=1", "shelf/same.py.yours": "older"}
    state, found = carried(files | left)
    assert state == STARTER | {**files, "shelf/main.py": mine + "\n\ndef three():\n    return 3\n"}
    assert names(found) == {"kept": ["shelf/more/mine.py", "shelf/same.py"], "merged": ["shelf/main.py"]}


def test_what_cannot_be_merged_stands_beside(carried: Carry) -> None:
    """The starter's text stays; so it is where the lesson brings a file, or removes one."""
    files = {
        "shelf/main.py": ONE + "\n\ndef own():\n    return 4\n",
        "shelf/new.py": "mine = 1\n",
        "shelf/old.py": "old = 2\n",
    }
    state, found = carried(files)
    assert state == PLAIN | {f"{name}.yours": text for name, text in files.items()}
    assert names(found) == {"beside": sorted(files)}


def test_a_merge_has_to_be_python(carried: Carry) -> None:
    """What two have changed well can be nonsense together."""
    state, found = carried({"shelf/main.py": ONE.replace("def one():\n    return 1\n\n\n", "one = (\n")})
    assert state["shelf/main.py"] == STARTER["shelf/main.py"]
    assert names(found) == {"beside": ["shelf/main.py"]}


def test_what_was_deleted_stays_so(carried: Carry) -> None:
    """Unless the lesson changes it."""
    state, found = carried({"shelf/main.py": None, "shelf/same.py": None})
    assert state == STARTER
    assert names(found) == {"restored": ["shelf/main.py"]}


def test_what_is_no_text_is_never_merged(course: Course) -> None:
    """It goes on as it is, or stands beside."""
    first, second = course.lesson(1), course.lesson(2)
    layout.lay_out(layout.solved(course, first), first.work)
    for name in ("main.py", "same.py"):
        (first.work / "shelf" / name).write_bytes(b"\xff")
    found = carry.lay_out(course, second)
    assert (second.work / "shelf" / "same.py").read_bytes() == b"\xff"
    assert (second.work / "shelf" / "main.py.yours").read_bytes() == b"\xff"
    assert names(found) == {"kept": ["shelf/same.py"], "beside": ["shelf/main.py"]}


def test_there_has_to_be_something(course: Course) -> None:
    """One sentence says what is missing."""
    with pytest.raises(CourseError, match="Lesson 1 is the first; there is nothing to carry on"):
        carry.before(course, course.lesson(1))
    with pytest.raises(CourseError, match="There is no work/lesson_01 to carry on; without --carry"):
        carry.before(course, course.lesson(2))
