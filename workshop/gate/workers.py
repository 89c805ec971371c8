"""Worker processes that stay warm, and whose death or hanging costs only the case that they were at."""

import os
import queue
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import active_children, get_context
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from workshop.testbed.process import quiet_tracker

P = ParamSpec("P")
R = TypeVar("R")


class LostError(Exception):
    """A worker died, or took too long and was ended; the text says which."""


class Workers:
    """So many worker processes; each starts when it is first needed, and again after it was lost."""

    def __init__(self, number: int, prepare: Callable[[], Any] | None = None) -> None:
        """`prepare` is called once in each new process."""
        quiet_tracker()
        self._all = [_Worker(prepare) for _ in range(number)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._all:
            self._idle.put(worker)

    def run(self, seconds: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` in an idle worker; raise LostError after `seconds`, or when the process dies."""
        worker = self._idle.get()
        try:
            return worker.run(seconds, function, *args, **kwargs)
        finally:
            self._idle.put(worker)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """End all processes at once, whatever they are at."""
        for worker in self._all:
            worker.end()


class _Worker:
    """One process at a time, with a folder of its own for whatever it leaves behind."""

    def __init__(self, prepare: Callable[[], Any] | None) -> None:
        self._prepare = prepare
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0
        self._home = ""

    def run(self, seconds: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            future = self._started().submit(function, *args, **kwargs)
            if wait([future], seconds).not_done:
                self.end()
                raise LostError(f"it took longer than {seconds:g} seconds.")
            return future.result()
        except BrokenProcessPool:
            self.end()
            raise LostError("the process that ran it died.") from None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._home = tempfile.mkdtemp(prefix="gate-")  # short: the path of a socket in it must not grow long
            settle = partial(_settle, self._home, self._prepare)
            pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=settle)
            self._pool = pool
            self._pid = pool.submit(os.getpid).result()
        return self._pool

    def end(self) -> None:
        """End the process at once, whatever it is at."""
        pool, self._pool = self._pool, None
        if pool is not None:
            # Never by the bare number: a process that ended by itself has given it away.
            for process in active_children():
                if process.pid == self._pid:
                    process.kill()
            pool.shutdown(wait=True, cancel_futures=True)
            shutil.rmtree(self._home, ignore_errors=True)


def _settle(home: str, prepare: Callable[[], Any] | None) -> None:
    tempfile.tempdir = home
    if prepare:
        prepare()
