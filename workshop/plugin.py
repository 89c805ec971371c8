"""The pytest plugin: options, and the hooks that turn tests below `checks/` into graded steps."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workshop.course import Course, CourseError, course_at
from workshop.fixtures import (
    alembic,
    database,
    graded,
    launch_shelf,
    qstash,
    redis,
    shelf,
    start_shelf,
    suite,
    use_linkding,
    use_linkding_cli,
    waiter,
    web,
    world,
)

if TYPE_CHECKING:
    from workshop.grading import Grading

__all__ = [
    "alembic",
    "database",
    "graded",
    "launch_shelf",
    "qstash",
    "redis",
    "shelf",
    "start_shelf",
    "suite",
    "use_linkding",
    "use_linkding_cli",
    "waiter",
    "web",
    "world",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the workshop."""
    group = parser.getgroup("Shelf Workshop")
    group.addoption("--solution", action="store_true", help="grade the solution instead of work/")
    group.addoption("--starter", action="store_true", help="grade the starter instead of work/")
    group.addoption("--path", metavar="DIR", help="grade the service in this folder instead of work/")
    group.addoption("--service-of", metavar="LESSON", help="with --path: the folder is of this later lesson")
    group.addoption("--course", metavar="DIR", help="grade by the lessons in this folder instead of the workshop's own")
    group.addoption("--verdict", metavar="FILE", help="also write the verdict, as JSON, to this file")
    group.addoption("--traceback", action="store_true", help="show tracebacks, and all that the service printed")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Let a warm parent for the services import their libraries while pytest collects."""
    found = re.search(r"checks[/\\]lesson_(\d\d)", " ".join([*args, str(early_config.invocation_params.dir)]))
    spread = any(re.match(r"-n\W*[^0\s]|--numprocesses|--collect-only|--co$", arg) for arg in args)
    if found and not spread:
        _warm_up(course_at(early_config.known_args_namespace.course), int(found[1]))


def _warm_up(course: Course, number: int) -> None:
    from workshop.testbed.process import warm_up

    try:
        warm_up(course.preload(course.lesson(number)))
    except CourseError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the alternatives of a lesson: those of one about tests hold tests, and they are no steps."""
    return True if collection_path.name == "alternatives" and collection_path.parent.name[:7] == "lesson_" else None


@pytest.hookimpl(trylast=True)  # after pytest has its own reporter
def pytest_configure(config: pytest.Config) -> None:
    """Register the marks and the grading; take over the reporting when only checks are asked for."""
    config.addinivalue_line("markers", "guard: the step already passes on the starter; it keeps what worked")
    config.addinivalue_line("markers", "sqlite: the step speaks to an SQLite file, also where later services do not")
    config.addinivalue_line("markers", "until(lesson): the step no longer applies from this lesson on")
    from workshop.grading import Grading

    if config.getoption("path") and not Path(config.invocation_params.dir, config.getoption("path")).is_dir():
        raise pytest.UsageError(f"--path {config.getoption('path')}: there is no such folder.")
    grading = Grading(config)
    config.pluginmanager.register(grading, "workshop-grading")
    if not hasattr(config, "workerinput"):
        _use_step_reporter(config, grading)


def _use_step_reporter(config: pytest.Config, grading: "Grading") -> None:
    from workshop.reporter import StepReporter

    paths = [Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args]
    only_steps = bool(paths) and all(grading.course.lesson_of(path) for path in paths)
    old = config.pluginmanager.get_plugin("terminalreporter")
    if only_steps and old and not config.getoption("collectonly"):
        config.pluginmanager.unregister(old)
        config.pluginmanager.register(StepReporter(config, grading), "terminalreporter")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach to a report what it says about a step."""
    report = yield
    from workshop.grading import grading_of, step_result

    lesson = grading_of(item.config).lesson_of(item)
    if lesson is None or (report.when != "call" and report.passed):
        return report
    result = step_result(lesson, item, report, call.excinfo.value if call.excinfo else None)
    if report.when == "setup":
        report.when = "call"  # a service that does not start is a failed step, not an error of the test
    report.step = {"lesson": lesson.number, "result": vars(result)}
    if report.failed:
        _retell(item.config, report, result)
    return report


def _retell(config: pytest.Config, report: Any, result: Any) -> None:
    """Let everything that shows a failure, junit and editors too, show the learner's words."""
    if result.output:
        report.sections.append(("What the service printed", result.output))
    if not config.getoption("traceback"):
        report.longrepr = result.message


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Finish the verdicts in the process that has seen all reports."""
    from workshop.grading import grading_of

    grading = grading_of(session.config)
    if not hasattr(session.config, "workerinput"):
        grading.finish()
        if session.exitstatus == pytest.ExitCode.OK and any(found.cold is False for _, found in grading.verdicts()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    grading.clean_up()
