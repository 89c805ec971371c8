"""The commands, as they are typed."""

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import solve, tiny_course
from workshop import cli, screen, verdict
from workshop.course import Course, CourseError, Lesson
from workshop.progress import Progress
from workshop.verdict import FAIL, PASS, StepResult, Verdict


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The tiny course, which the commands take for their own."""
    course = tiny_course(tmp_path / "tiny")
    monkeypatch.setattr(cli, "_course", lambda: course)
    monkeypatch.chdir(course.root)
    return course


Said = tuple[int, str, str]
Workshop = Callable[..., Said]


@pytest.fixture
def workshop(course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Workshop:
    """Types a command; returns its exit code and what it wrote to the two streams."""

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["workshop", *words])
        code = cli.main()
        return code, *capsys.readouterr()

    return run


def keep(course: Course, lesson: Lesson, *failed: str) -> None:
    """Lay the lesson out and keep a verdict on it in which these steps fail."""
    solve(course, lesson)
    reason = {"saw": "this", "expected": "that", "cause": "a slip", "look": "shelf/sums.py."}
    steps = [StepResult(step.name, step.fact, FAIL if step.name in failed else PASS) for step in lesson.steps]
    for step in steps:
        step.reason = reason if step.status == FAIL else None
    found = Verdict(lesson.slug, steps, [step.name for step in lesson.steps], cold=not failed)
    verdict.write(found, verdict.results_file(course, lesson))
    later = time.time() + 1
    os.utime(verdict.results_file(course, lesson), (later, later))


def test_without_a_terminal_it_says_where_you_are_and_ends(workshop: Workshop, course: Course) -> None:
    """The lesson is laid out, and the files to read and to edit are named."""
    code, said, wrong = workshop()
    assert (code, wrong) == (0, "")
    assert "You are at lesson 01 · Twice the number." in said
    assert "Read   lessons/lesson_01/README.md" in said
    assert "Edit   work/lesson_01/shelf/sums.py" in said
    assert "uv run pytest checks/lesson_01" in said
    assert (course.lesson(1).work / "shelf" / "main.py").is_file()


def test_the_list_shows_what_was_passed_and_where_you_are(workshop: Workshop, course: Course) -> None:
    """Steps come from the kept results, the mark from the state, the arrow from both."""
    keep(course, course.lesson(1))
    progress = Progress.of(course)
    progress.mark_passed(course.lesson(1))
    progress.save()
    first, second = (line for line in workshop("list")[1].splitlines() if "·" in line)
    assert "✓" in first
    assert "2 of 2" in first
    assert "→" not in first
    assert "→" in second
    assert f"- of {len(course.lesson(2).steps)}" in second


@pytest.mark.parametrize("number", ["1", "01", "lesson_01", "doubles"])
def test_a_lesson_has_several_names(workshop: Workshop, course: Course, number: str) -> None:
    """Its number, with or without zero, its folder and its slug."""
    assert workshop("start", number)[0] == 0
    assert course.lesson(1).work.is_dir()


def test_a_lesson_can_begin_on_ones_own_work(workshop: Workshop, course: Course) -> None:
    """What was there is kept, what was carried is told; where nothing can be carried, nothing is touched."""
    first, second = course.lesson(1), course.lesson(2)
    assert workshop("start", "2", "--carry")[2].startswith("There is no work/lesson_01 to carry on")
    solve(course, first)
    (first.work / "shelf" / "mine.py").write_text("mine = 1\n")
    workshop("start", "2")
    (second.work / "shelf" / "sums.py").write_text("mine")
    code, said, wrong = workshop("start", "2", "--carry")
    kept = next((course.root / "work" / ".kept").iterdir())
    assert (code, wrong) == (0, "")
    assert "1 file of yours differs from the reference and goes on, 0 merged with what the lesson changes." in said
    assert (second.work / "shelf" / "mine.py").read_text() == "mine = 1\n"
    assert (kept / "shelf" / "sums.py").read_text() == "mine"
    assert f"What was there is kept in work/.kept/{kept.name}." in said


@pytest.mark.parametrize("command", ["start", "reset"])
def test_what_is_there_is_kept(workshop: Workshop, course: Course, command: str) -> None:
    """A lesson begun again moves the old folder, says where, and forgets the old verdict."""
    keep(course, course.lesson(1))
    mine = course.lesson(1).work / "shelf" / "sums.py"
    mine.write_text("mine")
    code, said, _ = workshop(command, "1")
    kept = next((course.root / "work" / ".kept").iterdir())
    assert code == 0
    assert (kept / "shelf" / "sums.py").read_text() == "mine"
    assert f"What was there is kept in work/.kept/{kept.name}." in said
    assert mine.read_text() != "mine"
    assert not verdict.results_file(course, course.lesson(1)).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "9"], "There is no lesson '9'. Lessons: 1, 2."),
        (["diff"], "There is no work/lesson_01 yet"),
        (["start"], "Missing argument 'N' (help: uv run workshop start --help)."),
        (["chek"], "No such command 'chek'. Did you mean 'check'?"),
        (["hint", "--all"], "No such option: --all"),
        (["serve", "--port", "0"], "--port"),
        (["verify", "1", "x"], "There is no lesson 'x'."),
    ],
)
def test_an_error_of_use_is_one_sentence(workshop: Workshop, words: list[str], said: str) -> None:
    """It goes to standard error, and the exit code is 2."""
    code, out, wrong = workshop(*words)
    assert (code, out) == (2, "")
    assert said in wrong
    assert len(wrong.splitlines()) == 1


@pytest.mark.parametrize(
    "error", [CourseError("lesson.toml is damaged."), PermissionError(13, "Permission denied", "x")]
)
def test_other_errors_are_one_sentence_too(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A damaged course, a disk that refuses: no traceback."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "fresh", fail)
    code, _, wrong = workshop("start", "1")
    assert code == 2
    assert len(wrong.splitlines()) == 1
    assert "Traceback" not in wrong


def test_help_has_examples(workshop: Workshop) -> None:
    """A beginner sees what to type, and no command's line is cut off."""
    code, said, _ = workshop("--help")
    assert code == 0
    assert "uv run workshop start 4" in said
    assert "..." not in said.partition("Commands:")[2]


def test_checking_ends_with_the_verdict(workshop: Workshop, course: Course) -> None:
    """The words are those of the report; the exit code is 1 until the lesson is passed, then 0."""
    code, said, _ = workshop("check", "1")
    assert code == 1
    assert "The double of 21 is 21." in said
    assert "1 of 2 steps pass. A hint: uv run workshop hint 1" in said
    solve(course, course.lesson(1))
    code, said, _ = workshop("check")
    assert code == 0
    assert "2 of 2 steps pass. Lesson 01 is done." in said
    assert "You are at lesson 02" in workshop()[1]


def test_hints_come_one_at_a_time(workshop: Workshop, course: Course) -> None:
    """A direction, a tool, the shape; then all of them again, and where to look."""
    keep(course, course.lesson(1), "test_numbers_are_doubled")
    hints = course.lesson(1).hints["test_numbers_are_doubled"]
    for number, kind in enumerate(("a direction", "a tool", "the shape")):
        said = workshop("hint")[1]
        assert f"Hint {number + 1} of 3, {kind}:" in said
        assert [hint in said for hint in hints] == [position == number for position in range(3)]
    said = workshop("hint", "1")[1]
    assert all(hint in said for hint in hints)
    assert "shelf/sums.py." in said
    assert "lessons/lesson_01/README.md" in said
    assert "uv run workshop diff 1" in said


def test_a_hint_is_about_the_files_as_they_are(
    workshop: Workshop, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a verdict, or with one older than the last save, the lesson is graded first."""
    graded: list[Lesson] = []

    def grade(_: object, lesson: Lesson, *, show: bool) -> Verdict:
        graded.append(lesson)
        return Verdict(lesson.slug, [], [], cold=True)

    monkeypatch.setattr("workshop.live.graded", grade)
    keep(course, course.lesson(1), "test_health_answers")
    workshop("hint")
    assert not graded
    later = time.time() + 2
    os.utime(course.lesson(1).work / "shelf" / "sums.py", (later, later))
    workshop("hint")
    workshop("hint", "2")
    assert [lesson.number for lesson in graded] == [1, 2]


def test_the_difference_leads_to_the_solution(workshop: Workshop, course: Course) -> None:
    """Lines of the learner's have a minus, the solution's a plus; a file of the learner's own is named."""
    workshop("start", "1")
    (course.lesson(1).work / "shelf" / "mine.py").write_text("mine")
    code, said, _ = workshop("diff", "1")
    assert code == 0
    assert "--- work/lesson_01/shelf/sums.py" in said
    assert "+++ solutions/lesson_01/shelf/sums.py" in said
    assert "-    return number" in said
    assert "+    return 2 * number" in said
    assert "Only yours: shelf/mine.py" in said
    assert "\x1b" not in said, "there is no colour where there is no terminal"


def test_no_difference_is_said(workshop: Workshop, course: Course) -> None:
    """An empty answer would leave the learner guessing."""
    solve(course, course.lesson(1))
    assert workshop("diff", "1")[1] == "There is no difference: your files are the solution's.\n"


def test_verify_is_told_what_to_do(workshop: Workshop, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lessons by number, the options, and an exit code from the answer."""
    asked: list[object] = []

    def verify(which: Course, numbers: list[int], *, everything: bool, jobs: int | None) -> bool:
        asked.append((which, numbers, everything, jobs))
        return not everything

    monkeypatch.setattr("workshop.verify.verify", verify)
    assert workshop("verify", "1", "lesson_02", "--jobs", "3")[0] == 0
    assert workshop("verify", "--all")[0] == 1
    assert asked == [(course, [1, 2], False, 3), (course, [], True, None)]


def test_a_console_that_knows_few_characters_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot show is replaced, and nothing breaks."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", narrow)
    screen.prepare_streams()
    page = screen.Screen()
    page.line("Lesson 01 · learner's own: ✓ → 鳥", "good")
    narrow.flush()
    assert narrow.buffer.getvalue().decode("cp1252").strip() == "Lesson 01 - learner's own: ? -> ?"  # type: ignore[attr-defined]
    assert not page.paper.unicode


def test_a_damaged_state_is_kept_aside_and_said(workshop: Workshop, course: Course) -> None:
    """Once; the command goes on."""
    (course.root / ".workshop").mkdir()
    (course.root / ".workshop" / "progress.json").write_text("{")
    code, said, wrong = workshop("list")
    assert code == 0
    assert "Lesson" in said
    assert "the damaged file is kept as .workshop/progress.damaged-" in wrong
    assert workshop("list")[2] == ""
