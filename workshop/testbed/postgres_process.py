"""A PostgreSQL server of this process's own, which is gone when this process is gone."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from workshop.testbed.databases import NoPostgresError
from workshop.testbed.network import lasting_port
from workshop.testbed.postgres_files import Files, environment

SUPERVISOR = Path(__file__).with_name("postgres_supervisor.py")
START_SECONDS = 60.0
ATTEMPTS = 5
PASSING = ("could not create any TCP/IP sockets", '"postmaster.pid" already exists')
"""What is soon over: somebody else was given the port; the last server on these data is about to end."""
KEEPING = ("-c", "fsync=on", "-c", "full_page_writes=on", "-c", "autovacuum=on")
"""Settings of a server whose data stay."""


class Process:
    """The server on the data in `folder`, listening on a port of 127.0.0.1."""

    def __init__(self, files: Files, folder: Path, *, keep: bool = False) -> None:
        """Start it; with `keep` the folder stays, and the server closes its books in the end."""
        self.folder = folder
        self.port = 0
        self._files = files
        self._keep = keep
        for attempt in range(ATTEMPTS):
            time.sleep(attempt / 2)
            self._start()
            if self._await_ready():
                return
            said = self._said()
            self.let_go()
            if not any(words in said for words in PASSING):
                break
        self._clear_up()
        raise NoPostgresError(f"its server does not start: {said}")

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._supervisor.poll() is None

    def close(self, seconds: float = 20.0) -> None:
        """Stop it, and wait until it is gone and all is cleared up."""
        self.let_go()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(seconds)
        self._clear_up()

    def let_go(self) -> None:
        """Stop it, and wait for nothing; in a forked child, let it be the parent's."""
        with contextlib.suppress(OSError):
            if self._supervisor.stdin:
                self._supervisor.stdin.close()

    def _start(self) -> None:
        self.port = lasting_port()
        data = str(self.folder / "data")
        options = ["-p", str(self.port), *(KEEPING if self._keep else ())]
        start = [self._files.program("postgres"), "-D", data, *options]
        ends = signal.SIGINT if self._keep or os.name == "nt" else signal.SIGQUIT
        told: dict[str, Any] = {
            "start": start,
            "stop": None,
            "signal": ends,
            "folder": str(self.folder),
            "keep": self._keep,
        }
        if os.name == "nt":  # only pg_ctl can start it for an administrator, and stop it at all
            control = [self._files.program("pg_ctl"), "-D", data, "-W"]
            told["start"] = [*control, "-o", " ".join(options), "-l", str(self.folder / "log-of-server"), "start"]
            told |= {"signal": None, "stop": [*control, "-w", "-m", "fast" if self._keep else "immediate", "stop"]}
        told |= {"user": self._files.user, "template": str(self._files.template)}
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,  # what ends the run's group, ^C too, does not end this one before its work
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def _await_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        file = self.folder / "data" / "postmaster.pid"
        while self.alive and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
                # The port tells it from a file that an earlier server has left.
                if len(lines) >= 8 and lines[3].strip() == str(self.port) and lines[7].strip() == "ready":
                    return True
            time.sleep(0.002)
        return False

    def _said(self) -> str:
        files = [self.folder / name for name in ("log", "log-of-server")]
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
        return "".join(texts).strip()[-800:] or "it says nothing."

    def _clear_up(self) -> None:
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)
