"""What the doctor finds, and what it advises."""

import socket
import sys
from pathlib import Path

import pytest

from tests.tiny import tiny_course
from workshop import cli, doctor
from workshop.course import Course
from workshop.doctor import Finding
from workshop.report import Paper

HOUSE = Course.here()
LOCK = """
[[package]]
name = "shelf-workshop"
version = "0.1.0"
dependencies = [{ name = "pytest" }, { name = "not-here" }]

[[package]]
name = "pytest"
version = "1.0"

[[package]]
name = "not-here"
version = "2.0"

[[package]]
name = "not-needed-here"
version = "3.0"
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course, which has no lock."""
    return tiny_course(tmp_path / "tiny")


@pytest.mark.parametrize(
    "name", ["python", "libraries", "disk", "writing", "ports", "saves", "processes", "postgresql", "terminal"]
)
def test_all_is_well_where_the_tests_run(name: str) -> None:
    """Else they would not."""
    finding = getattr(doctor, name)(HOUSE)
    assert finding.said
    assert not finding.mend, finding


def test_every_examination_is_made() -> None:
    """Each has words of its own, for the time that it takes."""
    names, functions = zip(*doctor.examinations(), strict=True)
    assert len(set(names)) == len(set(functions)) >= 9


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 15, 0)])
def test_another_python(version: tuple[int, ...]) -> None:
    """Too old, too new."""
    finding = doctor.python(HOUSE, version)
    assert "the workshop needs 3.11 to 3.14" in finding.said
    assert "uv sync --python" in finding.mend


def test_other_libraries(course: Course) -> None:
    """What is missing, and what differs; what nobody needs may be missing."""
    (course.root / "uv.lock").write_text(LOCK)
    finding = doctor.libraries(course)
    assert "not-here is not installed" in finding.said
    assert ", not 1.0" in finding.said
    assert "not-needed" not in finding.said
    assert "uv sync" in finding.mend


def test_no_lock(course: Course) -> None:
    """A damaged checkout."""
    assert "uv.lock" in doctor.libraries(course).mend


def test_little_room() -> None:
    """The fullest place counts."""
    finding = doctor.disk(HOUSE, lambda folder: 10_000_000)
    assert finding.said.startswith("only 10 MB free at ")
    assert finding.mend


def test_work_that_cannot_be_written(course: Course) -> None:
    """Here because a file is in its place; elsewhere because it is somebody else's."""
    (course.root / "work").write_text("")
    finding = doctor.writing(course)
    assert "cannot be written" in finding.said
    assert "chown" in finding.mend
    assert "mend `Writing` first" in doctor.saves(course).mend


def test_no_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A firewall, say."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_connection", refuse)
    finding = doctor.ports(HOUSE)
    assert "Permission denied" in finding.said
    assert "firewall" in finding.mend


def test_saves_that_nobody_hears_of(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network folder."""

    class Deaf:
        def __init__(self, *_: object) -> None: ...

        def close(self) -> None: ...

    (course.root / "work").mkdir()
    monkeypatch.setattr(doctor, "Saves", Deaf)
    assert "WATCHFILES_FORCE_POLLING=1" in doctor.saves(course, 0.25).mend


def test_a_service_that_starts_and_one_that_does_not(course: Course) -> None:
    """The solution of the first lesson is tried for real."""
    assert not doctor.service(course).mend
    (course.root / "solutions" / "lesson_01" / "shelf" / "sums.py").write_text("x = (")
    finding = doctor.service(course)
    assert "shelf/sums.py, line 1" in finding.said
    assert "git status" in finding.mend


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "no-such-encoding"])
def test_a_plain_terminal_is_well_too(encoding: str) -> None:
    """It gets plain signs."""
    finding = doctor.terminal(HOUSE, encoding)
    assert "plain signs" in finding.said
    assert not finding.mend


def test_a_finding_fits_its_paper() -> None:
    """What is wrong, and below it how to mend it."""
    finding = Finding("Disk", "only 10 MB free at " + "/long" * 8, "free some of it, somewhere, " * 5)
    lines = [line.text for line in doctor.lines_of(finding, Paper(80, unicode=False))]
    assert lines[0].startswith("  FAIL Disk")
    assert any("To mend it: free some" in line for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("mend", "code"), [("", 0), ("mend it.", 1)])
def test_the_exit_code_says_whether_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mend: str, code: int
) -> None:
    """0 or 1, for scripts."""
    monkeypatch.setattr(doctor, "examinations", lambda: [("One", lambda course: Finding("One", "said", mend))])
    monkeypatch.setattr(sys, "argv", ["workshop", "doctor"])
    assert cli.main() == code
    assert "said" in capsys.readouterr().out
