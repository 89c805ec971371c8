"""Shelf for a browser, as a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tiny import tiny_course
from workshop import layout
from workshop.course import Course
from workshop.testbed.network import closed_port, listen

SECONDS = 30.0
PROGRAM = """
import signal
import sys
from pathlib import Path
from workshop import cli, serve
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests run in the background
from workshop.course import Course
serve.PATIENCE = 0.5
course = Course(Path(sys.argv.pop(1)))
cli._course = lambda: course
sys.exit(cli.main())
"""
LOOP = """

async def loop(request):
    while True:
        pass

app.router.routes.append(Route("/loop", loop))
"""

Serve = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course, its first lesson laid out."""
    course = tiny_course(tmp_path / "tiny")
    layout.ensure_work(course, course.lesson(1))
    return course


@pytest.fixture
def serve(course: Course) -> Iterator[Serve]:
    """Starts `workshop serve` on the tiny course."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", PROGRAM, str(course.root), "serve", *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        started.append(subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def said_until(process: "subprocess.Popen[str]", words: str) -> str:
    """Read lines until one has these words in it."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def double(port: int) -> object:
    """What the service answers for 21."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/double?number=21", timeout=SECONDS) as answer:
        return json.load(answer)


def is_free(port: int) -> bool:
    """Whether nobody listens there any more."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(sys.platform == "win32", reason="a test cannot press ^C there without pressing it for itself")
@pytest.mark.parametrize(("words", "expected"), [((), 21), (("--solution",), 42)])
def test_it_serves_until_it_is_interrupted(course: Course, serve: Serve, words: tuple[str, ...], expected: int) -> None:
    """The learner's files, or the solution; the address of /docs; no bytecode; nothing left."""
    port = closed_port()
    process = serve("1", "--port", str(port), *words)
    assert f"http://127.0.0.1:{port}/docs" in said_until(process, "/docs")
    assert double(port) == expected
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0
    assert is_free(port)
    assert not list((course.root / "work").rglob("__pycache__"))


@pytest.mark.skipif(sys.platform == "win32", reason="a test cannot press ^C there without pressing it for itself")
def test_a_service_that_stands_still_is_ended_too(course: Course, serve: Serve) -> None:
    """It is given a moment, and then stopped, in words."""
    main = course.lesson(1).work / "shelf" / "main.py"
    main.write_text(main.read_text() + LOOP)
    port = closed_port()
    process = serve("--port", str(port))
    said_until(process, "/docs")
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"GET /loop HTTP/1.1\r\nHost: shelf\r\n\r\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert "it was stopped: something in it stands still" in process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0
    assert is_free(port)


@pytest.mark.skipif(sys.platform == "win32", reason="it ends by the signal of Unix")
def test_it_does_not_outlive_the_command(course: Course, serve: Serve) -> None:
    """However that ended."""
    port = closed_port()
    process = serve("--port", str(port))
    said_until(process, "/docs")
    process.kill()
    deadline = time.monotonic() + SECONDS
    while not is_free(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_free(port)


def test_a_port_in_use_is_one_sentence(serve: Serve) -> None:
    """It names another port; the exit code is 2."""
    with listen() as taken:
        port = taken.getsockname()[1]
        process = serve("1", "--port", str(port))
        said = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 2
    assert f"Port {port} cannot be used" in said
    assert f"uv run workshop serve 1 --port {port + 1}" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (", "Shelf does not start: SyntaxError: '(' was never closed (shelf/main.py, line 1: x = ()"),
        ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it' (shelf/main.py, line 1"),
        ("other = 1", "has no attribute 'app'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_files_that_do_not_start_are_said(course: Course, serve: Serve, text: str, words: str) -> None:
    """With the learner's line, no traceback, and where to read more."""
    (course.lesson(1).work / "shelf" / "main.py").write_text(text)
    process = serve("1", "--port", str(closed_port()))
    said = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 1
    assert words in said
    assert "uv run workshop check 1" in said
    assert "Traceback" not in said
