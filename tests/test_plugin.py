"""The pytest plugin, run as a learner runs it: in a process of its own, on a course of one tiny lesson."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import make_course
from workshop.course import Course

HOUSE = Course.here().root
SERVICE = '''"""A service without a framework, so that it starts at once."""


async def app(scope, receive, send):
    """Answer every request with a number."""
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({{"type": f"lifespan.{{word}}.complete"}})
        return
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"{number}"}})
'''
CHECKS = '''"""The steps."""

import pytest

from workshop.testbed import because


@pytest.mark.guard
def test_it_answers(shelf):
    """The service answers."""
    shelf.get("/").expect(200)


def test_the_answer_is_two(shelf):
    """The answer is two."""
    answer = shelf.get("/")
    assert answer.json == 2, because(saw=f"{answer}", expected="2.", cause="another number.", look="shelf/main.py.")


def test_it_still_answers(shelf):
    """It still answers: nothing of step two is left."""
    assert shelf.get("/").json == 2, because(saw="no.", expected="2.", cause="another number.", look="shelf/main.py.")
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one lesson; its learner has not started yet."""
    return make_course(
        tmp_path_factory.mktemp("course"),
        {
            "lessons/lesson_01/shelf/__init__.py": "",
            "lessons/lesson_01/shelf/main.py": SERVICE.format(number=1),
            "solutions/lesson_01/shelf/main.py": SERVICE.format(number=2),
            "checks/lesson_01/test_it.py": CHECKS,
        },
    )


def run(course: Course, *options: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the lesson's checks."""
    command = [sys.executable, "-m", "pytest", "-c", str(HOUSE / "pyproject.toml"), "--course", str(course.root)]
    return subprocess.run(
        [*command, str(course.root / "checks" / "lesson_01"), *options],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=240,
        cwd=cwd or course.root,
        env=os.environ | {"COLUMNS": "80"} | env,
    )


def test_the_solution_passes_from_any_folder(course: Course, tmp_path: Path) -> None:
    """One line a step, then the verdict; nothing of a learner's is touched."""
    told = run(course, "--solution", cwd=tmp_path)
    assert told.returncode == 0
    assert told.stdout.split("\n")[1:] == [
        "Lesson 01 · Lesson 1                                                the solution",
        "",
        "  ✓ 1. The service answers.",
        "  ✓ 2. The answer is two.",
        "  ✓ 3. It still answers: nothing of step two is left.",
        "",
        "",
        "  3 of 3 steps pass. Lesson 01 is done.",
        "",
        "",
    ]
    assert not (course.root / ".workshop").exists()


def test_a_learners_first_run_lays_the_lesson_out_and_says_what_is_missing(course: Course) -> None:
    """The first failing step in full, the other in a line; the verdict is kept."""
    told = run(course)
    assert told.returncode == 1
    assert (course.lesson(1).work / "shelf" / "main.py").is_file()
    assert "    Seen          GET / answered 200 1\n    Expected      2.\n" in told.stdout
    assert "  ✗ 3. no.\n" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    kept = json.loads((course.root / ".workshop" / "results" / "lesson_01.json").read_text(encoding="utf-8"))
    assert [(step["name"], step["status"]) for step in kept["tests"]] == [
        ("test_it_answers", "pass"),
        ("test_the_answer_is_two", "fail"),
        ("test_it_still_answers", "fail"),
    ]
    assert kept["tests"][1]["reason"]["expected"] == "2."


def test_a_step_whose_means_are_missing_does_not_count(course: Course) -> None:
    """It says why it is not graded, and the lesson passes without it."""
    file = course.root / "checks" / "lesson_01" / "test_more.py"
    file.write_text('import pytest\n\ndef test_more(shelf):\n    """More."""\n    pytest.skip("No network.")\n')
    told = run(course, "--solution", "--verdict", "verdict.json")
    file.unlink()
    assert told.returncode == 0
    assert "  ? 4. More.\n\n    Not graded    No network.\n" in told.stdout
    assert "  3 of 4 steps pass. 1 cannot be graded here, and does not count. Lesson 01 is done.\n" in told.stdout
    kept = json.loads((course.root / "verdict.json").read_text(encoding="utf-8"))
    assert (kept["status"], kept["tests"][3]["status"]) == ("pass", "error")


def test_a_console_without_unicode_gets_letters(course: Course) -> None:
    """An old Windows console shows every line."""
    told = run(course, "--starter", PYTHONIOENCODING="cp1252")
    assert "  FAIL 2. The answer is two.\n" in told.stdout
    assert "✗" not in told.stdout


def test_colour_comes_only_when_asked_for(course: Course) -> None:
    """A pipe gets none; `--color=yes` gets some."""
    assert "\x1b[" not in run(course, "--solution", "-k", "two").stdout
    assert "\x1b[31m" in run(course, "--starter", "-k", "two", "--color=yes").stdout


def test_part_of_a_lesson_is_never_a_pass(course: Course, tmp_path: Path) -> None:
    """`-k` runs what it names, and says that the others were not run; junit has the learner's words."""
    told = run(course, "--starter", "-k", "two", "-x", "--junitxml", str(tmp_path / "junit.xml"))
    assert told.returncode == 1
    assert "0 of 3 steps pass." in told.stdout
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert "Seen: GET / answered 200 1" in junit
    assert "Traceback" not in junit
    part = run(course, "--solution", "-k", "two")
    assert "  1 of 3 steps pass. The others were not run." in part.stdout


def test_the_first_failure_can_end_the_run_and_be_repeated(course: Course) -> None:
    """`-x` stops there, `--lf` runs only what failed."""
    stopped = run(course, "-x")
    assert "It still answers" not in stopped.stdout
    again = run(course, "--lf")
    assert "The service answers." not in again.stdout
    assert "The answer is two." in again.stdout


def test_steps_can_run_in_parallel(course: Course) -> None:
    """`-n 2` gives the same verdict."""
    told = run(course, "--solution", "-n", "2")
    assert told.returncode == 0
    assert "  3 of 3 steps pass. Lesson 01 is done." in told.stdout


def test_a_traceback_is_shown_to_whoever_asks(course: Course) -> None:
    """`--traceback` shows the check's source and what the service printed."""
    told = run(course, "--starter", "--traceback", "-k", "two")
    assert "assert answer.json == 2" in told.stdout
    assert "Application startup complete" in told.stdout


def test_a_verdict_can_be_written_anywhere(course: Course, tmp_path: Path) -> None:
    """`--path` and `--verdict` are an instructor's; they leave no trace in the course."""
    (tmp_path / "handed_in" / "shelf").mkdir(parents=True)
    (tmp_path / "handed_in" / "shelf" / "main.py").write_text(SERVICE.format(number=2))
    told = run(course, "--path", "handed_in", "--verdict", "verdict.json", cwd=tmp_path)
    assert told.returncode == 0
    assert json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))["status"] == "pass"


def test_a_folder_that_is_not_there_is_an_error_of_use(course: Course) -> None:
    """One sentence, no traceback."""
    told = run(course, "--path", "nowhere")
    assert told.returncode == 4
    assert told.stderr.strip() == "ERROR: --path nowhere: there is no such folder."


def test_a_pass_needs_a_cold_start(course: Course, tmp_path: Path) -> None:
    """A service that works only where somebody else has imported a module is told so."""
    service = '"""Uses what it did not import."""\nimport xml\n\n' + SERVICE.format(number=2)
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "main.py").write_text(service + "\n\nxml.sax.handler\n")
    toml = course.root / "lessons" / "lesson_01" / "lesson.toml"
    plain = toml.read_text()
    toml.write_text(plain + 'preload = ["xml.sax.handler"]\n')
    try:
        told = run(course, "--path", str(tmp_path))
    finally:
        toml.write_text(plain)
    assert told.returncode == 1
    assert "Not passed yet" in told.stdout
    assert "module 'xml' has no attribute 'sax'" in told.stdout


def test_collecting_works_as_editors_need_it(course: Course) -> None:
    """A test explorer finds each step by its name."""
    told = run(course, "--collect-only", "-q")
    assert told.returncode == 0
    assert "test_it.py::test_the_answer_is_two" in told.stdout
