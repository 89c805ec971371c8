"""Planted bugs: a list with a slip is told, and so is a bug that is none."""

import tempfile
from pathlib import Path

import pytest

from tests.gate.conftest import Tiny
from workshop import plugin
from workshop.gate import bugs, solution
from workshop.planted import graded_state

BUGS = "checks/lesson_01/bugs.py"
LIST = """from workshop.mistakes import Bug, Edit

BUGS = [Bug(name="wrong", family="doubles", edits=[Edit("shelf/sums.py", {old!r}, {new!r})])]
"""
SUMS = "def double(number):\n    return 2 * number\n"
TESTS = """import pytest
from shelf.sums import double

@pytest.fixture
def client():
    return double

def test_double(client):
    assert client(2) == 4
"""


@pytest.fixture
def planted(tiny: Tiny) -> Tiny:
    """The tiny course; its first lesson is about tests."""
    tiny.write("checks/lesson_01/test_doubles.py", 'def test_of_doubles_are_caught():\n    """A fact."""\n')
    tiny.write("solutions/lesson_01/shelf/sums.py", SUMS)
    tiny.write("solutions/lesson_01/tests/test_it.py", TESTS)
    tiny.write(BUGS, LIST.format(old="2 * number", new="3 * number"))
    return tiny


def found(tiny: Tiny) -> list[str]:
    """What the gate finds when it plants the bugs of the first lesson."""
    defects = []
    for case in bugs.cases(tiny.course, tiny.course.lesson(1)):
        with tempfile.TemporaryDirectory() as folder:
            defects += [defect.text for defect in case.run(Path(folder))]
    return defects


def test_a_bug_that_is_found_is_no_defect(planted: Tiny) -> None:
    """Nothing is said of it."""
    assert planted.said(bugs) == []
    assert found(planted) == []


def test_a_list_with_a_slip_is_told(planted: Tiny) -> None:
    """Without any run."""
    planted.write(BUGS, LIST.format(old="", new="").replace('"doubles"', '"halves"'))
    assert planted.said(bugs) == [f"{BUGS}: no step is about bugs of halves."]
    planted.write(BUGS, "BUGS = 1 / 0\n")
    assert planted.said(bugs) == [f"{BUGS}: it cannot be imported: ZeroDivisionError: division by zero."]
    planted.write(BUGS, "BUGS = [1]\n")
    assert planted.said(bugs) == [f"{BUGS}: it has no list `BUGS` of `workshop.mistakes.Bug`."]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("4 * number", "2", 'the edit of "wrong" matches nothing in shelf/sums.py.'),
        ("return 2 * number", "return number + number", 'no test of the solution finds "wrong".'),
        ("return 2 * number", "raise ValueError", '"wrong" is found, but not by an assertion about an answer'),
        ("def double", "def twice", '"wrong" is found, but not by an assertion about an answer'),
    ],
)
def test_a_bug_that_proves_nothing_is_told(planted: Tiny, old: str, new: str, text: str) -> None:
    """It does not apply, changes nothing, or breaks everything."""
    planted.write(BUGS, LIST.format(old=old, new=new))
    (said,) = found(planted)
    assert text in said


def test_earlier_steps_run_only_where_the_service_has_changed(tiny: Tiny) -> None:
    """A lesson about tests changes nothing that they look at."""
    first, second = tiny.course.lessons
    assert next(case.title for case in solution.cases(tiny.course, second)) == "the steps of lesson_01 on the solution"
    for folder in ("lessons", "solutions"):
        for file in (tiny.root / folder / "lesson_02" / "shelf").rglob("*.py"):
            file.unlink()
    tiny.write("checks/lesson_02/bugs.py", "BUGS = []\n")
    assert [case.title for case in solution.cases(tiny.course, second)] == ["the solution"]
    assert first.bugs != second.bugs


def test_a_learners_own_changes_of_the_service_do_not_count(tmp_path: Path) -> None:
    """Their tests do."""
    (tmp_path / "shelf").mkdir()
    (tmp_path / "tests").mkdir()
    for file in ("shelf/main.py", "tests/test_it.py", "pytest.toml"):
        (tmp_path / file).write_text("theirs")
    (came := tmp_path / "came").write_text("as it came")
    state = graded_state({Path("shelf/main.py"): came, Path("tests/test_it.py"): came}, tmp_path)  # type: ignore[dict-item]
    assert {str(path): file.read_text() for path, file in state.items() if str(path) != "came"} == {
        "shelf/main.py": "as it came",
        "tests/test_it.py": "theirs",
        "pytest.toml": "theirs",
    }


def test_tests_among_the_alternatives_are_no_steps() -> None:
    """They are laid beside a service before they run."""
    assert plugin.pytest_ignore_collect(Path("checks/lesson_15/alternatives"))
    assert plugin.pytest_ignore_collect(Path("checks/lesson_15")) is None
