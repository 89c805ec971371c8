"""Starting and ending the process that serves a learner's code.

Where the platform can fork, a warm parent has imported FastAPI and the rest already, and forks a host in
milliseconds; elsewhere, and for the cold start that a pass needs, a host is spawned.
"""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from workshop.testbed import host

CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
ALWAYS_FIRST = "workshop.testbed.warming"
ALWAYS_PRELOADED = ("workshop.testbed.host", "uvicorn", "uvicorn.protocols.http.h11_impl", "uvicorn.lifespan.on")
ALWAYS_LAST = "workshop.testbed.warm"
QUIET_TRACKER = "ignore:resource_tracker"

_warm: set[str] = set()


def quiet_tracker() -> None:
    """Keep multiprocessing's tracker from announcing what it cleans up: services are ended, and leave things behind.

    It takes its settings from this process when it is started, so this has to come before.
    """
    if QUIET_TRACKER not in sys.warnoptions:
        sys.warnoptions.append(QUIET_TRACKER)


def warm_up(preload: Iterable[str] = ()) -> None:
    """Start the warm parent, which imports `preload` while the caller goes on.

    A later call does nothing, unless it asks for more modules and no service is running: then a new one starts.
    """
    if not CAN_FORK:
        return
    from multiprocessing import forkserver

    preload = set(preload) - _warm
    server: Any = forkserver._forkserver
    if server._forkserver_pid and (not preload or multiprocessing.active_children()):
        return
    quiet_tracker()
    modules = [ALWAYS_FIRST, *ALWAYS_PRELOADED, *sorted(_warm | preload), ALWAYS_LAST]
    multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
    _end_warm_parent()
    _warm.update(modules)
    forkserver.ensure_running()


def _end_warm_parent() -> None:
    """End the warm parent, so that `ensure_running` starts another one."""
    from multiprocessing import forkserver

    server: Any = forkserver._forkserver
    if pid := server._forkserver_pid:
        os.kill(pid, signal.SIGTERM)
        for _ in range(200):
            forkserver.ensure_running()
            if server._forkserver_pid != pid:
                return
            time.sleep(0.005)


def launch(spec: host.Spec, *, warm: bool) -> tuple[BaseProcess, Connection]:
    """Start a host and return it with the grader's end of its channel."""
    ours, theirs = multiprocessing.Pipe()
    process = begin(host.main, theirs, spec, warm=warm)
    theirs.close()
    return process, ours


def begin(function: Callable[..., None], *args: Any, warm: bool) -> BaseProcess:
    """Start a process that calls `function`: forked from the warm parent where that can be, and if `warm`."""
    quiet_tracker()
    context: Any = multiprocessing.get_context("forkserver" if warm and CAN_FORK else "spawn")
    process: BaseProcess = context.Process(target=function, args=args, daemon=True)
    with _nameless_main():
        process.start()
    return process


@contextlib.contextmanager
def _nameless_main() -> Iterator[None]:
    """Hide the grader's `__main__`: multiprocessing would import it, pytest and all, into every host."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def end(process: BaseProcess) -> None:
    """End a host, and whatever it started, at once."""
    if process.pid is None:
        return
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607
    process.kill()
    process.join(5)
