"""The gate as a whole: tools, workers, what it remembers, what it prints."""

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.gate.conftest import Judged, Tiny
from workshop import verify
from workshop.course import Course
from workshop.gate import mistakes, schedule, tools
from workshop.gate.cases import Case
from workshop.gate.defect import Defect
from workshop.gate.memory import Memory
from workshop.gate.workers import LostError, Workers

MISTAKES = "checks/lesson_01/mistakes.py"
SOLVED = "solutions/lesson_01/shelf/sums.py"


# 7: tools


def test_what_ruff_and_mypy_find_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """Each finding is named with its line, in the file where it can be mended."""
    tiny.edit(SOLVED, "return 2 * number", 'return "2" * number')
    tiny.edit(SOLVED, '"""Arithmetic."""', '"""Arithmetic."""\n\nimport os')
    said = judged(tools, "ruff and mypy")
    assert len(said) == 2
    assert said[0].startswith(f"{SOLVED}: line 3: ruff says: F401")
    assert said[1].startswith(f"{SOLVED}: line 8: mypy says: Incompatible return value type")


# Workers


def test_a_worker_that_hangs_or_dies_costs_one_case() -> None:
    """It is ended, and the next case gets a new one."""
    with Workers(1) as workers:
        with pytest.raises(LostError, match=r"it took longer than 0\.2 seconds"):
            workers.run(0.2, time.sleep, 60)
        with pytest.raises(LostError, match="the process that ran it died"):
            workers.run(30, os._exit, 1)
        assert workers.run(30, abs, -1) == 1


def test_a_case_that_cannot_be_run_is_a_defect(tiny: Tiny) -> None:
    """Nothing counts as verified by accident."""

    class Broken(Case):
        def run(self, folder: Any) -> list[Defect]:
            raise AssertionError("this class cannot travel to a worker")

    lesson = tiny.course.lesson(1)
    case = Broken(lesson, "the impossible", "checks/lesson_01", {})
    found = dict(schedule.run(tiny.course, [case], schedule.Watcher(), jobs=1))
    (defect,) = found["lesson_01: the impossible"]
    assert str(defect).startswith("checks/lesson_01: the impossible could not be verified: ")


# What it remembers


class Ran(list[str]):
    """Stands for the running of cases: notes their names, finds the defects it is told to find."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()
        self.interrupted_at = ""

    def __call__(self, course: Course, cases: Iterable[Case], *_: Any, **__: Any) -> Iterator[tuple[str, list[Defect]]]:
        for case in cases:
            if case.name == self.interrupted_at:
                raise KeyboardInterrupt
            self.append(case.name)
            yield case.name, [Defect("a file", "a defect")] if case.name in self.failing else []


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The names of the cases that the last inspection ran."""
    ran = Ran()
    monkeypatch.setattr(schedule, "run", ran)
    return ran


def inspect(tiny: Tiny, ran: Ran, *numbers: int, everything: bool = False) -> list[str]:
    """Inspect some lessons, and return which cases ran."""
    ran.clear()
    course = tiny.course
    verify.inspect(course, [course.lesson(number) for number in numbers], everything=everything)
    return list(ran)


def test_what_passed_runs_again_only_after_a_change(tiny: Tiny, ran: Ran) -> None:
    """And all of it when everything is asked for."""
    everything = inspect(tiny, ran, 1)
    assert len(everything) == 1 + 1 + 2 + 8 + 2
    assert inspect(tiny, ran, 1) == []
    assert inspect(tiny, ran, 1, everything=True) == everything


def test_what_failed_runs_again(tiny: Tiny, ran: Ran) -> None:
    """A defect does not go away by being seen."""
    ran.failing = {"lesson_01: the solution"}
    inspect(tiny, ran, 1)
    assert inspect(tiny, ran, 1) == ["lesson_01: the solution"]


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("checks/lesson_01/mistakes.py", "441", "442", {'lesson_01: the mistake "the square"'}),
        ("checks/lesson_01/alternatives/sum/shelf/sums.py", "Here", "Now", {"lesson_01: the alternative sum"}),
        (
            "lessons/lesson_01/shelf/sums.py",
            "return number",
            "return number - 1",
            {"lesson_01: test_health_answers on the starter", "lesson_01: test_numbers_are_doubled on the starter"},
        ),
        ("lessons/lesson_01/README.md", "Whoever", "Who", set()),
        ("lessons/lesson_02/shelf/sums.py", "number", "number", set()),
    ],
)
def test_a_change_touches_what_depends_on_it(
    tiny: Tiny, ran: Ran, file: str, old: str, new: str, again: set[str]
) -> None:
    """Nothing else runs."""
    inspect(tiny, ran, 1)
    tiny.write(file, (tiny.root / file).read_text(encoding="utf-8").replace(old, new))
    assert set(inspect(tiny, ran, 1)) == again


def test_a_change_of_the_steps_touches_later_lessons_too(tiny: Tiny, ran: Ran) -> None:
    """Their solutions must keep what the earlier lesson asks for."""
    inspect(tiny, ran, 1, 2)
    tiny.edit("checks/lesson_01/test_doubles.py", '"another sum."', '"a slip."')
    again = inspect(tiny, ran, 1, 2)
    assert [name for name in again if "lesson_02" in name] == ["lesson_02: the steps of lesson_01 on the solution"]
    assert len(again) == 1 + 2 + 8 + 2 + 1


def test_what_passed_before_an_interruption_has_passed(tiny: Tiny, ran: Ran) -> None:
    """Whoever stops the gate loses nothing."""
    everything = inspect(tiny, ran, 1)
    Memory(tiny.course).file.unlink()
    ran.interrupted_at = everything[3]
    with pytest.raises(KeyboardInterrupt):
        inspect(tiny, ran, 1)
    ran.interrupted_at = ""
    assert inspect(tiny, ran, 1) == everything[3:]


def test_lessons_are_remembered_side_by_side(tiny: Tiny, ran: Ran) -> None:
    """Looking at one does not forget the other."""
    inspect(tiny, ran, 1)
    inspect(tiny, ran, 2)
    assert inspect(tiny, ran, 1, 2) == []


def test_a_damaged_memory_is_no_memory(tiny: Tiny, ran: Ran) -> None:
    """It costs a run, nothing else."""
    inspect(tiny, ran, 1)
    Memory(tiny.course).file.write_text("{")
    assert len(inspect(tiny, ran, 1)) == 14


# What it prints


def test_a_sound_lesson_passes(tiny: Tiny, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every point runs in earnest, side by side, and finds nothing."""
    monkeypatch.setattr(mistakes, "AT_LEAST", 3)
    text = (tiny.root / MISTAKES).read_text(encoding="utf-8")
    tiny.write(MISTAKES, f"{text}\nMISTAKES = MISTAKES[-3:]\n")
    assert verify.verify(tiny.course, [1], jobs=2), capsys.readouterr().out
    assert capsys.readouterr().out.strip() == "No defects in 1 lesson; 9 runs, 0 unchanged."


def test_each_defect_is_printed_as_a_sentence(tiny: Tiny, ran: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole, however narrow the terminal; then they are counted."""
    tiny.edit("lessons/lesson_01/README.md", "`shelf/sums.py`", "`shelf/no.py`, `shelf/never.py`")
    assert not verify.verify(tiny.course, [1])
    assert capsys.readouterr().out.splitlines() == [
        "lessons/lesson_01/README.md: line 3: there is no shelf/no.py.",
        "",
        "lessons/lesson_01/README.md: line 3: there is no shelf/never.py.",
        "",
        "2 defects in 1 lesson; 14 runs, 0 unchanged.",
    ]


def test_what_belongs_to_no_lesson_is_looked_at_with_all(tiny: Tiny, ran: Ran) -> None:
    """The texts at the top name files and commands too."""
    tiny.write("README.md", "See [lesson 3](lessons/lesson_03/README.md), or `uv run workshop fly`.")
    assert [str(defect) for defect in verify.defects(tiny.course)][:2] == [
        "README.md: line 1: the link lessons/lesson_03/README.md leads nowhere.",
        "README.md: line 1: there is no command `uv run workshop fly`.",
    ]


def test_a_course_that_cannot_be_read_is_one_defect(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing can be run before it is mended."""
    tiny.edit("lessons/lesson_01/lesson.toml", "minutes = 5", "")
    assert not verify.verify(tiny.course, [])
    assert capsys.readouterr().out.startswith("lessons/lesson_01/lesson.toml: `minutes` is missing.\n")
