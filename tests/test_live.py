"""Grading with each step shown as soon as it is known."""

import io
from pathlib import Path

from tests.tiny import solve, tiny_course
from workshop.live import _Teller, graded
from workshop.screen import Screen
from workshop.verdict import FAIL, PASS, StepResult


def step(number: int, status: str = PASS) -> StepResult:
    """What became of a step."""
    return StepResult(f"test_{number}", f"Fact {number}.", status, number=number, message=f"No {number}.")


def lines(screen: Screen) -> list[str]:
    """What was written, without blank lines."""
    assert isinstance(screen.file, io.StringIO)
    return [line.strip() for line in screen.file.getvalue().splitlines() if line.strip()]


def test_a_step_that_ran_early_is_listed_in_its_turn() -> None:
    """The lines follow the lesson, whatever ran first."""
    screen = Screen(io.StringIO())
    with screen.bar("grading", 3) as bar:
        tell = _Teller(screen, bar, show=True)
        for number in (3, 1, 2):
            tell(step(number))
    assert [line.split()[-1] for line in lines(screen)] == ["1.", "2.", "3."]


def test_an_early_failure_stands_below_at_once() -> None:
    """Nobody waits for the others to read it."""
    screen = Screen(io.StringIO())
    with screen.bar("grading", 3) as bar:
        _Teller(screen, bar, show=True)(step(2, FAIL))
        assert "No 2." in str(bar._below)
    assert not lines(screen)


def test_what_failed_last_time_runs_first(tmp_path: Path) -> None:
    """The verdict names the steps in the order in which they ran; it still passes as a whole."""
    course = tiny_course(tmp_path / "tiny")
    lesson = course.lesson(1)
    solve(course, lesson)
    names = [each.name for each in lesson.steps]
    verdict = graded(Screen(io.StringIO()), lesson, stop=lambda: False, suspects=names[-1:], show=False)
    assert [each.name for each in verdict.steps] == [names[-1], *names[:-1]]
    assert verdict.status == PASS
    assert verdict.cold
