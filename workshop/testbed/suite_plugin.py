"""Inside the process of a learner's tests: the pytest plugin that tells what happens, and what stays behind."""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workshop.testbed.suite_host import described

if TYPE_CHECKING:
    from workshop.testbed.suite_host import SuiteSpec, _Teller

OF_PYTEST = ("PYTEST_", "COLUMNS", "LINES")
OF_PYTHON = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


class Telling:
    """Tells of each test, and at the end of what is not as it was."""

    def __init__(self, spec: "SuiteSpec", teller: "_Teller") -> None:
        self.spec = spec
        self.folder = Path(spec.folder)
        self.tell = teller.tell
        self.wait = teller.wait
        self._environment: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_load_initial_conftests(self) -> Generator[None]:
        """Tell of a conftest.py that cannot be imported."""
        try:
            yield
        except Exception as error:
            self.tell({"event": "broken"} | described(self.folder, getattr(error, "cause", error)))
            raise

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the run look like one of several that pytest-xdist has started."""
        if self.spec.worker:
            os.environ["PYTEST_XDIST_WORKER"] = self.spec.worker
            os.environ["PYTEST_XDIST_WORKER_COUNT"] = "2"
            about: Any = config
            about.workerinput = {"workerid": self.spec.worker, "workercount": 2, "testrunuid": "of-the-workshop"}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests into the order that was asked for; those of one class or file may be torn apart."""
        if self.spec.first:
            items.sort(key=lambda item: self.spec.first not in item.nodeid.lower())
        if self.spec.order == "reversed":
            items.reverse()
        elif self.spec.order:
            random.Random(self.spec.order).shuffle(items)  # noqa: S311

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell how many tests there are; what is set by now was set while files were imported."""
        self._environment = _environment()
        self.tell({"event": "collected", "tests": len(session.items)})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that cannot be imported."""
        if report.failed:
            error = getattr(report, "workshop", {})
            self.tell({"event": "not collected", "id": report.nodeid, "text": str(report.longrepr)[-600:]} | error)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Note the error of a file that cannot be imported."""
        report = yield
        if report.failed and (info := getattr(report, "call", None)) and info.excinfo:
            error = info.excinfo.value
            report.workshop = described(self.folder, error.__cause__ or error)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell that a test begins, and wait for the others where they begin together."""
        self.tell({"event": "begins", "id": nodeid})
        if self.spec.in_step:
            self.wait()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Tell what became of a test."""
        report = yield
        if report.when == "call" or not report.passed:
            event = {"event": "test", "id": item.nodeid, "outcome": report.outcome, "when": report.when}
            if report.failed and call.excinfo:
                event |= described(self.folder, call.excinfo.value)
            self.tell(event | {"fixtures": list(getattr(item, "fixturenames", ()))})
        return report

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell of what has ended pytest itself, such as `sys.exit` while a file is imported."""
        self.tell({"event": "broken"} | described(self.folder, excinfo.value))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Tell what is left when all fixtures have been taken down."""
        before, now = self._environment, _environment()
        changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
        self.tell({"event": "left", "environment": changed, "processes": _children()})


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_PYTEST)}


def _children() -> list[str]:
    import psutil  # type: ignore[import-untyped, unused-ignore]

    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = " ".join(child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not any(part in command for part in OF_PYTHON):
                found.append(command[:200])
    return found


def tell_sleeps(tests: Path, tell: Callable[[dict[str, Any]], None]) -> None:
    """Tell each time that a line below `tests` sleeps, whatever for. Not of `sleep(0)`: that only lets others run."""
    import anyio

    def seen(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def sleep(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            seconds = next(iter([*args, *kwargs.values()]), 0)
            if (
                Path(frame.f_code.co_filename).is_relative_to(tests)
                and isinstance(seconds, int | float)
                and seconds > 0
            ):
                place = {"file": f"tests/{Path(frame.f_code.co_filename).relative_to(tests).as_posix()}"}
                tell({"event": "sleeps", "call": f"{name}({seconds:g})", **place, "line": frame.f_lineno})
            return original(*args, **kwargs)

        return sleep

    for module in (time, asyncio, anyio):
        module.sleep = seen(module.sleep, f"{module.__name__}.sleep")  # type: ignore[attr-defined]
