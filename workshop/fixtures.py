"""The fixtures that checks use: the graded service, and the world around it.

Everything heavy is imported inside them, so that a run which grades nothing pays nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from workshop.course import Lesson
    from workshop.grading import Grading
    from workshop.testbed.alembic import Alembic
    from workshop.testbed.database import Database
    from workshop.testbed.service import Service
    from workshop.testbed.waiting import Waiter
    from workshop.testbed.web import Web


class StartShelf(Protocol):
    """Starts a service; keywords as in `workshop.testbed.service.Service`.

    Without `must_run` it returns at once, so that several can start side by side and a start may fail: `ready` tells.
    """

    def __call__(self, *, must_run: bool = True, **how: Any) -> "Service": ...


@pytest.fixture
def waiter(request: pytest.FixtureRequest) -> "Waiter":
    """What all waiting in a step goes through."""
    from workshop.grading import grading_of
    from workshop.testbed.waiting import Waiter

    return Waiter(hopeless=[lambda: grading_of(request.config).abandoned()])


@pytest.fixture
def web(waiter: "Waiter") -> Iterator["Web"]:
    """The world outside: pages that can be held back, slow, broken or endless."""
    from workshop.testbed.web import Web

    web = Web(waiter)
    yield web
    web.close()


@pytest.fixture
def database(tmp_path: Path) -> "Database":
    """The database that the step's services are told to use: a file in their working folder."""
    from workshop.testbed.database import Database

    return Database(tmp_path / "shelf.db")


@pytest.fixture
def start_shelf(
    request: pytest.FixtureRequest, waiter: "Waiter", tmp_path: Path, database: "Database"
) -> Iterator[StartShelf]:
    """Start the graded service, as often as a step needs it; all end with the step.

    Services of one step share a working folder (`tmp_path`) and a database, so a second one finds what the first one
    left. With `environments` each app has a database of its own.
    """
    from workshop.grading import grading_of
    from workshop.testbed import StepFailed
    from workshop.testbed.explain_start import no_start
    from workshop.testbed.service import Service

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    services: list[Service] = []

    def start(*, must_run: bool = True, migrated: bool = True, **how: Any) -> Service:
        if reason := grading.never_starts.get(lesson.number):
            raise StepFailed(reason)
        env = {"DATABASE_URL": database.url} | grading.env(lesson) | how.pop("env", {})
        if "environments" in how:
            how["environments"] = list(_each_with_a_database(how["environments"], tmp_path))
        if migrated:
            _migrate(grading, lesson, [env, *how.get("environments", ())], tmp_path)
        how = {"signs_in": grading.signs_in(lesson)} | how
        service = Service(grading.folder(lesson), tmp_path, waiter=waiter, env=env, **how)
        services.append(service)
        return service.must_run() if must_run else service

    request.node.services = services
    yield start
    for service in services:
        if service.refused and service.seen.stuck:
            grading.never_starts[lesson.number] = no_start(service)
        service.close()


@pytest.fixture
def shelf(start_shelf: StartShelf) -> "Service":
    """The graded service, fresh for this step."""
    return start_shelf()


@pytest.fixture
def alembic(request: pytest.FixtureRequest, waiter: "Waiter", database: "Database") -> "Alembic":
    """Runs Alembic's commands on the migrations of the graded service, and on the step's database."""
    from workshop.grading import grading_of
    from workshop.testbed.alembic import Alembic

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    return Alembic(grading.folder(lesson), grading.env(lesson), database, waiter)


def _each_with_a_database(environments: Iterable[Mapping[str, str]], folder: Path) -> Iterator[dict[str, str]]:
    from workshop.testbed.database import Database

    for number, variables in enumerate(environments, start=1):
        yield {"DATABASE_URL": Database(folder / f"shelf-{number}.db").url} | dict(variables)


def _migrate(grading: "Grading", lesson: "Lesson", environments: Iterable[Mapping[str, str]], folder: Path) -> None:
    if migrations := grading.migrations(lesson):
        from workshop.testbed.migrations import file_named
        from workshop.testbed.waiting import Waiter

        for variables in environments:
            if file := file_named(variables.get("DATABASE_URL", ""), folder):
                migrations.prepare(file, Waiter(hopeless=[lambda: grading.abandoned()]))
