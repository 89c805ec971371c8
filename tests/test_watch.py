"""Watching: saves and keys, without a terminal where it is not about one."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath

import pytest

from tests.tiny import solve, tiny_course
from workshop import layout
from workshop import watch as watching
from workshop.course import Course, Lesson
from workshop.keys import Tell, keys_in
from workshop.progress import Progress
from workshop.saves import Saves, is_save
from workshop.screen import Screen
from workshop.verdict import FAIL, PASS, StepResult, Verdict
from workshop.watch import Watch

HOUSE = Course.here().root
SECONDS = 20.0
"""How long a wait may last; only a failing test waits that long."""


def until(condition: Callable[[], object]) -> bool:
    """Wait for something to become true."""
    deadline = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course, its first lesson laid out."""
    course = tiny_course(tmp_path / "tiny")
    layout.ensure_work(course, course.lesson(1))
    return course


# Saves


@pytest.mark.parametrize("name", ["shelf/main.py", "shelf/new/__init__.py", "notes.txt", "alembic.ini"])
def test_a_learners_file_is_a_save(name: str) -> None:
    """Whatever its suffix."""
    assert is_save(PurePath(name))


@pytest.mark.parametrize(
    "name",
    [
        "shelf/__pycache__/main.cpython-313.pyc",
        "__pycache__",
        "shelf/.main.py.swp",
        "shelf/main.py~",
        "shelf/#main.py#",
        "shelf/.#main.py",
        "shelf/4913",
        "shelf/main.py.tmp",
        "shelf/main.py.tmp.4711",
        "shelf/main.py___jb_tmp___",
        "shelf/.idea/workspace.xml",
        ".git/index",
        "shelf.db-journal",
        "shelf.db",
    ],
)
def test_what_programs_write_by_themselves_is_none(name: str) -> None:
    """Bytecode, editors' own files, hidden ones, databases."""
    assert not is_save(PurePath(name))


@pytest.mark.parametrize("polling", ["", "1"])
def test_saves_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, polling: str) -> None:
    """A write, a file renamed into place, a new file in a new folder; by events and by polling."""
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", polling)
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "30")
    told = threading.Event()
    saves = Saves(tmp_path, told.set)

    def noticed(save: Callable[[int], object]) -> bool:
        for stroke in range(100):  # the first strokes may come before anybody looks
            save(stroke)
            if told.wait(0.2):
                time.sleep(0.1)
                told.clear()
                return True
        return False

    def rename(stroke: int) -> None:
        (tmp_path / ".main.py.new").write_text("y" * stroke)
        (tmp_path / ".main.py.new").replace(tmp_path / "main.py")

    def make(stroke: int) -> None:
        (tmp_path / f"new{stroke}").mkdir()
        (tmp_path / f"new{stroke}" / "more.py").write_text("z")

    try:
        assert noticed(lambda stroke: (tmp_path / "main.py").write_text("x" * stroke))
        assert noticed(rename)
        assert noticed(make)
        while told.wait(0.5):  # what is still on its way
            told.clear()
        (tmp_path / ".hidden").write_text("x")
        assert not told.wait(0.3)
    finally:
        saves.close()


def test_a_folder_that_goes_and_comes_back_is_noticed(tmp_path: Path) -> None:
    """Also when another one takes its place, as `reset` does from a second terminal."""
    folder = tmp_path / "lesson_01"
    folder.mkdir()
    told = threading.Event()
    saves = Saves(folder, told.set)
    try:
        for change in (lambda: shutil.rmtree(folder), folder.mkdir):
            told.clear()
            change()
            assert told.wait(SECONDS)
        time.sleep(0.5)
        told.clear()
        assert until(lambda: (folder / "main.py").write_text("x") and told.wait(0.2))
    finally:
        saves.close()


# Keys


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("h", ["h"]), ("H", ["h"]), ("nn", ["n", "n"]), ("\x1b[A", []), ("", ["q"]), ("\x04", ["q"]), ("\n", ["\n"])],
)
def test_keys(typed: str, keys: list[str]) -> None:
    """Capitals are keys too, arrows are none, and a terminal that is gone means q."""
    assert keys_in(typed) == keys


# The loop, with a grader that answers at once

Act = Callable[["Learner"], None]


class Learner:
    """Presses keys and reads the page, in a thread of its own."""

    def __init__(self, watch: Watch, page: io.StringIO, press: Tell) -> None:
        self.watch = watch
        self.page = page
        self.press = press

    def reads(self, words: str) -> None:
        """Wait until the page says so; what was read is put away."""
        assert until(lambda: words in self.page.getvalue()), self.page.getvalue()
        self.page.seek(0)
        self.page.truncate()

    def has_keys(self) -> None:
        """Wait for the line of keys at the end of a page."""
        self.reads("q quit")


class Grader:
    """Stands in for `graded`: says what it is told to say, and counts."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.suspects: list[list[str]] = []
        self.status = FAIL
        self.during: Callable[[], object] = lambda: None

    def __call__(self, screen: Screen, lesson: Lesson, *, stop: Callable[[], bool], suspects: Sequence[str]) -> Verdict:
        self.runs.append(lesson.number)
        self.suspects.append(list(suspects))
        during, self.during = self.during, lambda: None
        during()
        until(stop) if during.__name__ == "save" else None
        if self.status == PASS:
            progress = Progress.of(Course(lesson.root))
            progress.mark_passed(lesson)
            progress.save()
        steps = [StepResult(step.name, step.fact, self.status) for step in lesson.steps]
        return Verdict(lesson.slug, steps, [step.name for step in steps], cold=self.status == PASS or None)


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    """The grader of the loop."""
    grader = Grader()
    monkeypatch.setattr(watching, "graded", grader)
    monkeypatch.setattr(watching, "warm_up", lambda modules: None)
    return grader


def watch(course: Course, acts: Sequence[Act]) -> str:
    """Watch the first lesson while somebody acts, then press q; return what the page says at the end."""
    page = io.StringIO()
    watch = Watch(course, course.lesson(1), Screen(page))
    failed: list[BaseException] = []

    @contextlib.contextmanager
    def keys(press: Tell) -> Iterator[None]:
        def work() -> None:
            try:
                learner = Learner(watch, page, press)
                learner.has_keys()
                for act in acts:
                    act(learner)
            except BaseException as error:
                failed.append(error)
            press("q")

        thread = threading.Thread(target=work)
        thread.start()
        yield
        thread.join()

    watch.run(keys)
    if failed:
        raise failed[0]
    return page.getvalue()


def test_r_grades_again_and_other_keys_do_nothing(course: Course, grader: Grader) -> None:
    """q ends it."""
    watch(course, [lambda learner: learner.press("x"), lambda learner: learner.press("r"), Learner.has_keys])
    assert grader.runs == [1, 1]


def test_a_save_grades_again(course: Course, grader: Grader) -> None:
    """Nobody needs to press anything."""

    def save(learner: Learner) -> None:
        file = course.lesson(1).work / "shelf" / "main.py"
        assert until(lambda: (file.write_bytes(file.read_bytes()) and time.sleep(0.2)) or len(grader.runs) > 1)

    watch(course, [save])


def test_a_save_during_a_run_is_not_lost(course: Course, grader: Grader) -> None:
    """The run ends early, and another one follows."""

    def run_and_save(learner: Learner) -> None:
        def save() -> None:
            (course.lesson(1).work / "shelf" / "main.py").write_text("new")

        time.sleep(0.3)  # until somebody looks at the folder
        grader.during = save
        learner.press("r")
        learner.has_keys()

    watch(course, [run_and_save])
    assert len(grader.runs) >= 3


def test_a_pass_is_said_and_n_goes_on(course: Course, grader: Grader) -> None:
    """The next lesson is laid out and graded."""
    grader.status = PASS
    acts: list[Act] = [
        lambda learner: learner.press("r"),
        lambda learner: learner.reads("Passed. n goes on to lesson 02"),
        lambda learner: learner.press("n"),
        lambda learner: learner.reads("it was the last lesson"),
        lambda learner: learner.press("n"),
        lambda learner: learner.reads("This is the last lesson."),
    ]
    watch(course, acts)
    assert grader.runs == [1, 1, 2]
    assert course.lesson(2).work.is_dir()


def test_n_asks_once_before_it_leaves_a_lesson_undone(course: Course, grader: Grader) -> None:
    """Pressed again, it goes on all the same."""
    acts: list[Act] = [
        lambda learner: learner.press("n"),
        lambda learner: learner.reads("n again goes on all the same"),
        lambda learner: learner.press("n"),
        Learner.has_keys,
    ]
    watch(course, acts)
    assert grader.runs[0] == 1
    assert grader.runs[-1] == 2


def test_the_pages_of_the_other_keys(course: Course, grader: Grader) -> None:
    """Hints one at a time, the list, the difference."""
    acts: list[Act] = []
    for key, words in (
        ("h", "Hint 1 of 3"),
        ("h", "Hint 2 of 3"),
        ("l", "0 of 2 lessons passed"),
        ("d", "+    return 2"),
    ):
        acts += [lambda learner, key=key: learner.press(key), lambda learner, words=words: learner.reads(words)]
    watch(course, acts)


def test_a_folder_that_is_gone_is_said(course: Course, grader: Grader) -> None:
    """No crash; r lays the starter out again."""
    acts: list[Act] = [
        lambda learner: shutil.rmtree(course.lesson(1).work),
        lambda learner: learner.reads("work/lesson_01 is gone. Put it back, or press r"),
        lambda learner: learner.press("h"),
        lambda learner: learner.press("d"),
        lambda learner: learner.press("r"),
        lambda learner: learner.reads("Read   "),
    ]
    watch(course, acts)
    assert (course.lesson(1).work / "shelf" / "main.py").is_file()


# For real, in a terminal

PROGRAM = """
import signal
import sys
from pathlib import Path
from workshop import cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests run in the background
from workshop.course import Course
course = Course(Path(sys.argv.pop()))
cli._course = lambda: course
sys.exit(cli.main())
"""


class Terminal:
    """The command `workshop` in a terminal of its own."""

    def __init__(self, course: Course, **env: str) -> None:
        import pty
        import termios

        self.ours, self.theirs = pty.openpty()
        termios.tcsetwinsize(self.theirs, (40, 80))
        self.before = termios.tcgetattr(self.theirs)
        environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(course.root)],
            cwd=HOUSE,
            env=environment | {"TERM": "xterm"} | env,
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
        )
        self.said = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self.ours, 65536):
                self.said += piece

    @property
    def text(self) -> str:
        """All that was written since the last page began, without the terminal's own signs."""
        page = self.said.decode(errors="replace").rpartition("\x1b[2J")[2]
        return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", page)

    @property
    def as_before(self) -> bool:
        """Whether the terminal is as it was before."""
        import termios

        return termios.tcgetattr(self.theirs) == self.before

    def reads(self, words: str) -> None:
        """Wait until the page says so."""
        assert until(lambda: words in self.text), self.text

    def presses(self, key: str) -> None:
        """Press a key."""
        os.write(self.ours, key.encode())

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(SECONDS)

    def close(self) -> None:
        """Put everything away."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.theirs)
        os.close(self.ours)


@pytest.fixture
def terminal(course: Course) -> Iterator[Terminal]:
    """The first lesson, watched."""
    if sys.platform == "win32":
        pytest.skip("pseudo-terminals are of Unix")
    terminal = Terminal(course)
    yield terminal
    terminal.close()


def test_a_learner_reads_solves_and_goes_on(terminal: Terminal, course: Course) -> None:
    """From the first failure over a save to the next lesson; q leaves the terminal as it was."""
    terminal.reads("q quit")
    assert "The double of 21 is 21." in terminal.text
    assert "1 of 2 steps pass." in terminal.text
    assert not terminal.as_before
    solve(course, course.lesson(1))
    terminal.reads("Passed. n goes on to lesson 02")
    assert Progress.of(course).passed(course.lesson(1))
    terminal.presses("n")
    terminal.reads("Lesson 02")
    terminal.presses("q")
    assert terminal.ends() == 0
    assert terminal.as_before
    assert b"Traceback" not in terminal.said
    assert not list(course.lesson(1).work.rglob("__pycache__"))


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: str) -> None:
    """In the middle of a run, too."""
    terminal.reads("grading")
    terminal.process.send_signal(getattr(signal, number))
    assert terminal.ends() == 0
    assert terminal.as_before
    assert b"Traceback" not in terminal.said
