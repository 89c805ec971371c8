"""Is everything here that the workshop needs? What is wrong, and how to mend it."""

import importlib.util
import shutil
import socket
import sys
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop import layout
from workshop.course import Course
from workshop.locked import other_versions
from workshop.report import Line, Paper
from workshop.saves import Saves
from workshop.screen import paragraph
from workshop.testbed.network import listen
from workshop.testbed.process import CAN_FORK, warm_up
from workshop.verdict import FAIL, PASS

NEWEST = (3, 14)
OLDEST = (3, 11)
SPACE = 300
"""Megabytes that should be free; a run of checks needs a few, the libraries of the notebooks some hundred."""
SYNC = "run `uv sync`; it installs what uv.lock says."


@dataclass(frozen=True)
class Finding:
    """What became of one examination; `mend` says what to do, and is empty where all is well."""

    name: str
    said: str
    mend: str = ""


def lines_of(finding: Finding, paper: Paper) -> Iterator[Line]:
    """Yield a finding as lines."""
    mark, style = (paper.mark(FAIL), "bad") if finding.mend else (paper.mark(PASS), "good")
    first, *more = paragraph(paper.text(finding.said), paper, style, indent=" " * 21)
    yield Line(f"  {mark:4} {finding.name:12}  {first.text.strip()}", style)
    yield from more
    if finding.mend:
        yield from paragraph(f"To mend it: {finding.mend}", paper, indent=" " * 21)


def examinations() -> list[tuple[str, Callable[[Course], Finding]]]:
    """Return what is examined, by the words for it, in the order in which it makes sense to mend."""
    return [
        ("Python", python),
        ("Libraries", libraries),
        ("Bytecode", bytecode),
        ("Disk", disk),
        ("Writing", writing),
        ("Ports", ports),
        ("Saves", saves),
        ("Processes", processes),
        ("A service", service),
        ("PostgreSQL", postgresql),
        ("Terminal", terminal),
    ]


def python(course: Course, version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Is this a Python that the libraries are made for?"""
    said = f"{'.'.join(map(str, version))} ({sys.executable})"
    if OLDEST <= version[:2] <= NEWEST:
        return Finding("Python", said)
    wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return Finding("Python", f"{said}, but the workshop needs {wanted}", "run `uv sync --python 3.13`.")


def libraries(course: Course) -> Finding:
    """Are the libraries those of the lock?"""
    try:
        wrong = other_versions(course.root / "uv.lock")
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        return Finding("Libraries", f"uv.lock cannot be read: {error}", "`git checkout uv.lock` brings it back.")
    if wrong:
        return Finding("Libraries", f"not as in uv.lock: {'; '.join(wrong)}", SYNC)
    return Finding("Libraries", "as in uv.lock")


def bytecode(course: Course) -> Finding:
    """Libraries are not compiled anew each time that a service starts."""
    if sys.dont_write_bytecode and not Path(importlib.util.cache_from_source(fastapi_source())).is_file():
        return Finding(
            "Bytecode",
            "PYTHONDONTWRITEBYTECODE is set, so every cold start takes three times as long",
            "unset that variable, or run `uv sync --compile-bytecode`.",
        )
    return Finding("Bytecode", "libraries are kept compiled")


def fastapi_source() -> str:
    """Return the file of a library that every lesson imports."""
    found = importlib.util.find_spec("fastapi")
    return str(found.origin) if found else ""


def disk(course: Course, free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free) -> Finding:
    """Is there room, for the learner's files and for what a run puts down?"""
    room = {folder: free(folder) // 1_000_000 for folder in (course.root, Path(tempfile.gettempdir()))}
    folder, least = min(room.items(), key=lambda item: item[1])
    if least < SPACE:
        mend = f"free {SPACE} MB there; TMPDIR can name another folder for temporary files."
        return Finding("Disk", f"only {least} MB free at {folder}", mend)
    return Finding("Disk", f"{least:,} MB free")


def writing(course: Course) -> Finding:
    """May the learner's files and state be written?"""
    folders = [course.root / "work", course.root / ".workshop", *(course.root / "work").glob("lesson_*")]
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder, prefix=".doctor-"):
                pass
        except OSError as error:
            mend = f"make {folder} yours; on Linux and macOS: sudo chown -R $(whoami) {folder}"
            return Finding("Writing", f"{folder} cannot be written: {error.strerror}", mend)
    return Finding("Writing", "work and .workshop can be written")


def ports(course: Course) -> Finding:
    """Can a program here listen on the loopback address, and another one reach it?"""
    try:
        with listen() as listener:
            listener.settimeout(3)
            port: int = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), timeout=3) as caller:
                answering, _ = listener.accept()
                with answering:
                    answering.sendall(b"!")
                    caller.recv(1)
    except OSError as error:
        mend = "let programs of yours use 127.0.0.1: a firewall, a sandbox or a VPN keeps them from it."
        return Finding("Ports", f"127.0.0.1 cannot be used: {error}", mend)
    return Finding("Ports", "127.0.0.1 has free ports")


def saves(course: Course, seconds: float = 3.0) -> Finding:
    """Does the system tell of a save in work/?"""
    told = threading.Event()
    try:
        (course.root / "work").mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=course.root / "work", prefix=".doctor-") as folder:
            looking = Saves(Path(folder), told.set)
            for stroke in range(int(seconds / 0.25)):
                (Path(folder) / "saved.py").write_text(f"{stroke}", encoding="utf-8")
                if told.wait(0.25):
                    break
            looking.close()
    except OSError as error:
        return Finding("Saves", f"could not be tried: {error}", "mend `Writing` first.")
    if told.is_set():
        return Finding("Saves", "a save is noticed")
    mend = "set the environment variable WATCHFILES_FORCE_POLLING=1: network folders tell nobody of changes."
    return Finding("Saves", "a save in work/ is not noticed", mend)


def processes(course: Course) -> Finding:
    """Can this system fork? Where it cannot, everything works, and takes longer."""
    if CAN_FORK:
        return Finding("Processes", "this system forks, so each step gets a fresh service in milliseconds")
    return Finding("Processes", "this system does not fork, so each step takes about a second; nothing to mend")


def service(course: Course) -> Finding:
    """Does a service start and answer?"""
    from workshop.testbed.reason import StepFailed
    from workshop.testbed.service import Service

    lesson = course.lessons[0]
    warm_up(course.preload(lesson))
    with tempfile.TemporaryDirectory(prefix="shelf-doctor-") as folder:
        layout.lay_out(layout.solved(course, lesson), Path(folder) / "shelf-solved")
        shelf = Service(Path(folder) / "shelf-solved", Path(folder), env=course.env(lesson))
        try:
            shelf.must_run().get("/health").expect(200)
        except StepFailed as failed:
            mend = "mend what is wrong above; `git status` tells whether files of the course were changed."
            return Finding("A service", f"the solution of lesson 01 does not run: {failed.reason.saw}", mend)
        finally:
            shelf.close()
    return Finding("A service", "the solution of lesson 01 starts and answers")


def postgresql(course: Course) -> Finding:
    """Does PostgreSQL start? The first time it makes its first data, which takes some seconds."""
    from workshop.testbed.databases import NoPostgresError
    from workshop.testbed.postgres import server

    try:
        running = server()
        whose = "the one that comes with the workshop" if running.process else "your own server"
        return Finding("PostgreSQL", f"{running.version}, {whose}, starts and answers")
    except NoPostgresError as error:
        mend = f"{SYNC} Only lessons that need it are not graded without."
        return Finding("PostgreSQL", str(error), mend)


def terminal(course: Course, encoding: str | None = None) -> Finding:
    """Which signs can the terminal show? Plain ones do, so this is never wrong."""
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "unknown"
    try:
        "✓".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Finding("Terminal", f"{encoding}: plain signs are used; PYTHONUTF8=1 may bring the finer ones")
    return Finding("Terminal", encoding)
