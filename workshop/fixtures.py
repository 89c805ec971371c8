"""The fixtures that checks use: the graded service, and the world around it.

Everything heavy is imported inside them, so that a run which grades nothing pays nothing.
"""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from workshop.planted import GradedSuite
    from workshop.testbed.alembic import Alembic
    from workshop.testbed.databases import AnyDatabase
    from workshop.testbed.launched import Launch, Launched
    from workshop.testbed.linkding import Used
    from workshop.testbed.qstash import QStash
    from workshop.testbed.service import Service
    from workshop.testbed.upstash import Upstash
    from workshop.testbed.waiting import Waiter
    from workshop.testbed.web import Web
    from workshop.testbed.world import World


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
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["AnyDatabase"]:
    """The database that the step's services are told to use: a file in their working folder, or one in PostgreSQL.

    A step with the mark `sqlite` keeps to a file. Where there can be no PostgreSQL, the step is not graded.
    """
    from workshop.grading import grading_of
    from workshop.testbed.databases import new_database

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    kind = grading.database(lesson) if lesson and not request.node.get_closest_marker("sqlite") else "sqlite"
    with _graded_if_possible():
        database = new_database(kind, tmp_path)
    yield database
    database.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, waiter: "Waiter") -> "World":
    """The stand-ins that the step's services are told to use, as new: the lesson's, and what the step asks for."""
    from workshop.grading import grading_of
    from workshop.testbed.world import NAMES

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    grading.world.renew({*grading.stand_ins(lesson), *(name for name in NAMES if name in request.fixturenames)}, waiter)
    return grading.world


@pytest.fixture
def redis(world: "World") -> "Upstash":
    """Upstash Redis, empty: what the services keep there, and the ways in which it fails."""
    return world.redis


@pytest.fixture
def qstash(world: "World") -> "QStash":
    """QStash: what the services publish, delivered when and as the step says."""
    return world.qstash


@pytest.fixture
def graded(request: pytest.FixtureRequest) -> Path:
    """The folder that is graded, for a step that reads what stands in it."""
    from workshop.grading import grading_of

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    return grading.folder(lesson)


@pytest.fixture
def start_shelf(
    request: pytest.FixtureRequest, waiter: "Waiter", tmp_path: Path, database: "AnyDatabase", world: "World"
) -> Iterator[StartShelf]:
    """Start the graded service, as often as a step needs it; all end with the step.

    Services of one step share a working folder (`tmp_path`) and a database, so a second one finds what the first one
    left. With `environments` each app has a database of its own, and a public URL of its own.
    """
    from workshop.grading import grading_of
    from workshop.testbed import StepFailed
    from workshop.testbed.databases import database_named
    from workshop.testbed.explain_start import no_start
    from workshop.testbed.service import Service
    from workshop.testbed.waiting import Waiter

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    services: list[Service] = []
    at_once = Waiter(hopeless=[lambda: grading.abandoned()])

    def start(*, must_run: bool = True, migrated: bool = True, **how: Any) -> Service:
        if reason := grading.never_starts.get(lesson.number):
            raise StepFailed(reason)
        env = {"DATABASE_URL": database.url} | grading.env(lesson) | how.pop("env", {})
        if "environments" in how:
            how["environments"] = list(_each_with_its_own(how["environments"], database, public="PUBLIC_URL" in env))
        migrations = grading.migrations(lesson) if migrated else None
        with _graded_if_possible():
            for variables in (env, *how.get("environments", ())):
                if there := database_named(variables.get("DATABASE_URL", ""), tmp_path, database):
                    migrations.prepare(there, at_once) if migrations else there.put()
        how = {"signs_in": grading.signs_in(lesson)} | how
        service = Service(grading.folder(lesson), tmp_path, waiter=waiter, env=env, **how)
        services.append(service)
        return service.must_run() if must_run else service

    request.node.services = services
    if "qstash" in world.names:
        world.qstash.services = services
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
def launch_shelf(
    request: pytest.FixtureRequest, waiter: "Waiter", tmp_path: Path, database: "AnyDatabase", world: "World"
) -> Iterator["Launch"]:
    """Start the graded service as a server does, by `python -m shelf`, as often as a step needs it; all end with it.

    `env` is added to the lesson's. Where there are no signals, the step is not graded.
    """
    from workshop.grading import grading_of
    from workshop.testbed.launched import Launched

    if sys.platform == "win32":
        pytest.skip("Windows has no SIGTERM, so what ends there ends otherwise.")
    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    launched: list[Launched] = []

    def launch(**env: str) -> "Launched":
        variables = {"DATABASE_URL": database.url} | grading.env(lesson) | env
        migrations = grading.migrations(lesson)
        with _graded_if_possible():
            migrations.prepare(database, waiter) if migrations else database.put()
        one = Launched(grading.folder(lesson), tmp_path, env=variables, waiter=waiter)
        launched.append(one)
        return one.must_run()

    request.node.services = launched
    yield launch
    for each in launched:
        each.close()


@pytest.fixture
def alembic(request: pytest.FixtureRequest, waiter: "Waiter", database: "AnyDatabase") -> "Alembic":
    """Runs Alembic's commands on the migrations of the graded service, and on the step's database."""
    from workshop.grading import grading_of
    from workshop.testbed.alembic import Alembic

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    with _graded_if_possible():
        database.put()
    never_ends = grading.never_migrates.setdefault(lesson.number, [])
    return Alembic(grading.folder(lesson), grading.env(lesson), database, waiter, never_ends)


@pytest.fixture
def suite(request: pytest.FixtureRequest, waiter: "Waiter") -> "GradedSuite":
    """The learner's own tests, and the bugs that they should find: those in `bugs.py` beside the step."""
    from workshop.grading import grading_of
    from workshop.planted import GradedSuite

    grading = grading_of(request.config)
    lesson = grading.lesson_of(request.node)
    assert lesson is not None, "this fixture serves the steps below checks/"
    suite = grading.suite(lesson)
    suite.waiter = waiter
    return GradedSuite(suite, lesson.bugs)


@pytest.fixture
def use_linkding(request: pytest.FixtureRequest) -> "Callable[[str, str, dict[str, Any]], Used]":
    """Let the Python client of linkding use a service, by its URL and a key, and save a bookmark there.

    Where the client cannot be had, the step is not graded, and does not count.
    """
    from workshop.testbed.linkding import NoClientError, use_linkding

    def use(url: str, key: str, bookmark: dict[str, Any]) -> "Used":
        try:
            return use_linkding(url, key, bookmark, _teller(request.config))
        except NoClientError as error:
            pytest.skip(str(error))

    return use


@pytest.fixture
def use_linkding_cli(request: pytest.FixtureRequest) -> "Callable[[str, str, list[list[str]]], list[dict[str, Any]]]":
    """Let the terminal's client of linkding run commands on a service; otherwise as `use_linkding`."""
    from workshop.testbed.linkding import NoClientError, use_linkding_cli

    def use(url: str, key: str, commands: list[list[str]]) -> list[dict[str, Any]]:
        try:
            return use_linkding_cli(url, key, commands, _teller(request.config))
        except NoClientError as error:
            pytest.skip(str(error))

    return use


def _teller(config: pytest.Config) -> Callable[[str], None]:
    def tell(text: str) -> None:
        capture: Any = config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"  {text}", file=sys.__stderr__, flush=True)

    return tell


def _each_with_its_own(
    environments: Iterable[Mapping[str, str]], database: "AnyDatabase", *, public: bool
) -> Iterator[dict[str, str]]:
    from workshop.testbed.world import new_public_url

    for number, variables in enumerate(environments, start=1):
        own = {"DATABASE_URL": database.beside(f"shelf-{number}").url}
        yield own | ({"PUBLIC_URL": new_public_url()} if public else {}) | dict(variables)


@contextlib.contextmanager
def _graded_if_possible() -> Iterator[None]:
    from workshop.testbed.databases import NoPostgresError

    try:
        yield
    except NoPostgresError as error:
        pytest.skip(str(error))
