"""How a verdict reads, on any paper."""

import json
from pathlib import Path

import pytest

from workshop import report, verdict
from workshop.course import Lesson
from workshop.report import Paper
from workshop.verdict import StepResult, Verdict

REASON = {
    "saw": "GET /health got no answer while one page was being fetched.",
    "expected": "an answer at once.",
    "cause": "a call inside `async def` that blocks the thread, so the event loop stands still.",
    "look": "shelf/pages.py.",
}
NAMES = ["test_a", "test_b", "test_c"]
LESSON = Lesson(Path("course"), 1, "async-routes", "Three ways to wait", 30)


def step(name: str, status: str = verdict.PASS, **more: object) -> StepResult:
    """A result of a step."""
    return StepResult(name, f"{name} holds.", status, number=NAMES.index(name) + 1, **more)  # type: ignore[arg-type]


def failing() -> Verdict:
    """The last step passes; the first two fail, reported in the wrong order."""
    second = step("test_b", verdict.FAIL, reason=REASON | {"saw": "Something else. " * 20})
    return Verdict("async-routes", [step("test_c"), second, step("test_a", verdict.FAIL, reason=REASON)], NAMES)


def text(found: Verdict, paper: Paper) -> list[str]:
    """The summary as lines of text."""
    return [line.text for line in report.summary(LESSON, found, paper)]


def test_the_first_failure_is_told_in_full_and_the_others_in_a_line() -> None:
    """First by the lesson's order, not by the order of the reports."""
    lines = text(failing(), Paper(80))
    assert lines == [
        "",
        "  ✗ 1. test_a holds.",
        "",
        "    Seen          GET /health got no answer while one page was being fetched.",
        "    Expected      an answer at once.",
        "    Likely cause  a call inside `async def` that blocks the thread, so the",
        "                  event loop stands still.",
        "    Look at       shelf/pages.py.",
        "",
        "  Also failing, a line each; the one above is the one to work on:",
        "  ✗ 2. Something else. Something else. Something else. Something else. ...",
        "",
        "  1 of 3 steps pass. A hint: uv run workshop hint 1",
    ]


def test_a_reason_that_several_share_is_told_once() -> None:
    """A file that cannot be imported fails every step."""
    found = Verdict("async-routes", [step(name, verdict.FAIL, reason=REASON, message="No.") for name in NAMES], NAMES)
    lines = text(found, Paper(40))
    assert "  2 more fail for the same reason." in lines
    assert not any("Also failing" in line for line in lines)


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_paper(width: int, unicode: bool) -> None:
    """Long words excepted; and what the console cannot show is not printed."""
    paper = Paper(width, unicode)
    lines = [*report.heading(LESSON, "work/lesson_01", paper), *report.summary(LESSON, failing(), paper)]
    assert all(len(line.text) <= max(width, 72) for line in lines)
    if not unicode:
        "".join(line.text for line in lines).encode("cp1252")


@pytest.mark.parametrize(
    ("encoding", "unicode"), [("utf-8", True), ("cp1252", False), ("ascii", False), (None, False), ("klingon", False)]
)
def test_the_paper_knows_what_the_console_can_show(encoding: str | None, unicode: bool) -> None:
    """An encoding without check marks gets plain letters."""
    assert report.paper_for(80, encoding).unicode is unicode


def test_a_pass_needs_every_step_and_a_cold_start() -> None:
    """No lesson is done because some of it was not run."""
    steps = [step(name) for name in NAMES]
    assert Verdict("x", steps, NAMES, cold=True).status == verdict.PASS
    assert Verdict("x", steps, NAMES, cold=None).status == verdict.ERROR
    assert Verdict("x", steps, NAMES, cold=False, message="no").status == verdict.FAIL
    assert Verdict("x", steps[:2], NAMES, cold=True).status == verdict.ERROR
    assert Verdict("x", [*steps, step("test_c")], NAMES, cold=True).status == verdict.ERROR
    assert Verdict("x", [*steps[:2], step("test_c", verdict.ERROR)], NAMES, cold=True).status == verdict.ERROR


def test_each_ending_says_what_is_next() -> None:
    """Done, not all run, or a cold start that failed."""
    steps = [step(name) for name in NAMES]
    assert text(Verdict("x", steps, NAMES, cold=True), Paper())[-1] == "  3 of 3 steps pass. Lesson 01 is done."
    assert text(Verdict("x", steps[:1], NAMES), Paper())[-1] == "  1 of 3 steps pass. The others were not run."
    cold = text(Verdict("x", steps, NAMES, cold=False, message="An import is missing."), Paper())
    assert any("An import is missing." in line for line in cold)


def test_the_graders_own_trouble_is_not_called_a_failure() -> None:
    """A step that could not be graded says so."""
    found = Verdict("x", [step("test_a", verdict.ERROR, message="The check itself broke.")], ["test_a"])
    assert any(line.startswith("    Not graded") for line in text(found, Paper()))


def test_what_cannot_be_graded_here_does_not_count() -> None:
    """A step whose means cannot be had is told with the reason, and keeps nobody from a pass."""
    left_out = step("test_c", verdict.ERROR, counts=False, message="There is no network.")
    found = Verdict("x", [step("test_a"), step("test_b"), left_out], NAMES, cold=True)
    lines = text(found, Paper())
    assert (found.status, found.first_failure) == (verdict.PASS, None)
    assert "    Not graded    There is no network." in lines
    assert lines[-1] == "  2 of 3 steps pass. 1 cannot be graded here, and does not count. Lesson 01 is done."
    assert Verdict("x", [left_out], ["test_c"], cold=True).status == verdict.ERROR


def test_a_verdict_survives_its_file(tmp_path: Path) -> None:
    """What is written can be read, by us and by tools for Exercism's results."""
    file = tmp_path / "deep" / "verdict.json"
    verdict.write(failing(), file)
    data = json.loads(file.read_text(encoding="utf-8"))

    assert verdict.read(file) == failing()
    assert (data["version"], data["status"]) == (3, "fail")
    assert {"name", "status", "message"} <= set(data["tests"][0])
    assert [path.name for path in file.parent.iterdir()] == ["verdict.json"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"tests": [{"no": 1}]}'])
def test_a_damaged_verdict_is_no_verdict(tmp_path: Path, damage: str) -> None:
    """A half file is treated as none."""
    file = tmp_path / "verdict.json"
    file.write_text(damage)
    assert verdict.read(file) is None
