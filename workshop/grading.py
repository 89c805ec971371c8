"""The state of one pytest run that grades lessons: which folder, which steps, what became of them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workshop import layout, verdict
from workshop.course import Lesson, course_at
from workshop.progress import Progress
from workshop.report import PARTS
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.world import World
from workshop.verdict import StepResult, Verdict

if TYPE_CHECKING:
    from workshop.cold import ColdStart, ColdSuite
    from workshop.testbed.migrations import Migrations
    from workshop.testbed.suite import Suite


class Grading:
    """Knows what is graded; collects the results."""

    def __init__(self, config: pytest.Config) -> None:
        self.course = course_at(config.getoption("course"))
        self.config = config
        self.results: dict[int, Verdict] = {}
        self.world = World()
        self._folders: dict[int, Path] = {}
        self._lessons: dict[Path, Lesson | None] = {}
        self._temporary: list[Path] = []
        self._whole: set[int] = set()
        self._cold: dict[int, ColdStart | ColdSuite] = {}
        self._migrations: dict[int, Migrations] = {}
        self._suites: dict[int, Suite] = {}
        self.abandoned: Callable[[], bool] = lambda: False
        """Whether nobody needs the verdict any more; a run that is abandoned waits for nothing and leaves nothing."""
        self.suspects: frozenset[str] | None = None
        """While watching, the steps that failed last time: until they pass, a cold start would only cost time."""
        self.never_starts: dict[int, Reason] = {}
        """Services whose import does not end; waiting for it once is enough."""
        self.never_migrates: dict[int, list[Reason]] = {}
        """And those with a migration that does not end."""

    # What is graded

    @property
    def of_learner(self) -> bool:
        """Whether a learner's own folder is graded, so that the verdict counts."""
        return not any(self.config.getoption(name) for name in ("solution", "starter", "path"))

    def lesson_of(self, item: pytest.Item) -> Lesson | None:
        """The lesson that a step belongs to; None for an ordinary test."""
        return self._of(item.path)

    def _of(self, path: Path) -> Lesson | None:
        if path not in self._lessons:
            self._lessons[path] = self.course.lesson_of(path)
        return self._lessons[path]

    def folder(self, lesson: Lesson) -> Path:
        """The folder to grade, laid out if need be."""
        if lesson.number not in self._folders:
            self._folders[lesson.number] = self._find_folder(lesson)
        return self._folders[lesson.number]

    def _find_folder(self, lesson: Lesson) -> Path:
        if path := self.config.getoption("path"):
            return Path(self.config.invocation_params.dir, path)
        if self.of_learner:
            return layout.ensure_work(self.course, lesson)
        state = layout.start if self.config.getoption("starter") else layout.solved
        folder = Path(tempfile.mkdtemp(prefix="shelf-graded-"))
        self._temporary.append(folder)
        layout.lay_out(state(self.course, lesson), folder / lesson.name)
        return folder / lesson.name

    def service_of(self, lesson: Lesson) -> Lesson:
        """The lesson whose service is graded: the steps' own, unless `--service-of` names a later one."""
        later = self.config.getoption("service_of")
        return self.course.lesson(later) if later else lesson

    def env(self, lesson: Lesson) -> dict[str, str]:
        """The environment variables that the graded service needs; what they lead to is running."""
        return self.world.env(self.stand_ins(lesson)) | self.course.env(self.service_of(lesson))

    def stand_ins(self, lesson: Lesson) -> tuple[str, ...]:
        """What stands around the graded service."""
        return self.course.world(self.service_of(lesson))

    def database(self, lesson: Lesson) -> str:
        """The kind of database that the graded service runs on."""
        return self.course.database(self.service_of(lesson))

    def signs_in(self, lesson: Lesson) -> bool:
        """Whether requests of this lesson's steps are sent in the name of an account, of which they know nothing."""
        return self.course.signs_in(lesson, self.service_of(lesson))

    def migrations(self, lesson: Lesson) -> "Migrations | None":
        """What makes a database for the graded service; None where the service makes it by itself, or has none."""
        if not self.course.migrates(self.service_of(lesson)):
            return None
        from workshop.testbed.migrations import Migrations

        if lesson.number not in self._migrations:
            self._migrations[lesson.number] = Migrations(
                self.folder(lesson), self.course.env(self.service_of(lesson)), self.world.env(self.stand_ins(lesson))
            )
        return self._migrations[lesson.number]

    def suite(self, lesson: Lesson) -> "Suite":
        """The learner's tests in the graded folder; what came of them on the good service is kept for all steps."""
        from workshop.planted import graded_state
        from workshop.testbed.suite import Suite

        if lesson.number not in self._suites:
            room = Path(tempfile.mkdtemp(prefix="shelf-suite-"))
            self._temporary.append(room)
            layout.lay_out(graded_state(layout.start(self.course, lesson), self.folder(lesson)), room / "source")
            self._suites[lesson.number] = Suite(room / "source", room)
        return self._suites[lesson.number]

    def place(self, lesson: Lesson) -> str:
        """The graded folder, in words."""
        if self.config.getoption("solution"):
            return "the solution"
        if self.config.getoption("starter"):
            return "the starter"
        return str(self.config.getoption("path") or f"work/{lesson.name}")

    # What became of it

    def begin(self, lesson: Lesson) -> Verdict:
        """The verdict on a lesson, empty at first."""
        if lesson.number not in self.results:
            self.results[lesson.number] = Verdict(lesson.slug, expected=[step.name for step in lesson.steps])
        return self.results[lesson.number]

    def take(self, report: pytest.TestReport) -> tuple[Lesson, StepResult] | None:
        """Note what a report says about a step; None when it says nothing new."""
        data = getattr(report, "step", None)
        if data is None:
            return None
        lesson = self.course.lesson(data["lesson"])
        step = StepResult(**data["result"])
        if self.begin(lesson).step(step.name):
            return None
        self.begin(lesson).steps.append(step)
        if lesson.number in self._whole and self._promises_a_pass(self.begin(lesson)):
            self._cold_start(lesson)
        return lesson, step

    def _promises_a_pass(self, found: Verdict) -> bool:
        seen = {step.name for step in found.steps}
        return found.first_failure is None and seen >= (self.suspects or set())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which lessons are graded whole: they need a cold start.

        A single lesson gets it at once, while the warm parent is still importing; of several, each in its turn.
        """
        chosen = [item.name for item in session.items if item.path.is_relative_to(self.course.root / "checks")]
        numbers = {lesson.number for path in {item.path for item in session.items} if (lesson := self._of(path))}
        for lesson in map(self.course.lesson, sorted(numbers)):
            if all(step.name in chosen for step in lesson.steps) and self.service_of(lesson) is lesson:
                self._whole.add(lesson.number)
        if len(self._whole) == 1 and len(session.items) == len(chosen) and self.suspects is None:
            self._cold_start(self.course.lesson(next(iter(self._whole))))

    def _cold_start(self, lesson: Lesson) -> "ColdStart | ColdSuite":
        from workshop.cold import ColdStart, ColdSuite

        if lesson.number not in self._cold and lesson.bugs.is_file():
            self._cold[lesson.number] = ColdSuite(self.suite(lesson))
        elif lesson.number not in self._cold:
            env, world = self.course.env(self.service_of(lesson)), self.stand_ins(lesson)
            self._cold[lesson.number] = ColdStart(
                self.folder(lesson), env, self.migrations(lesson), world, self.database(lesson)
            )
        return self._cold[lesson.number]

    def verdicts(self) -> Iterator[tuple[Lesson, Verdict]]:
        """Every lesson that was graded, with its verdict."""
        for number, found in self.results.items():
            yield self.course.lesson(number), found

    def finish(self) -> None:
        """Give each complete lesson its cold start, and write the verdicts."""
        for lesson, found in self.verdicts():
            if self.abandoned():
                return
            if found.complete and found.first_failure is None and self.service_of(lesson) is lesson:
                found.message = self._cold_start(lesson).trouble()
                found.cold = not found.message
            if file := self.config.getoption("verdict"):
                verdict.write(found, Path(self.config.invocation_params.dir, file))
            if self.of_learner and not self.abandoned():
                self._remember(lesson, found)

    def _remember(self, lesson: Lesson, found: Verdict) -> None:
        verdict.write(found, verdict.results_file(self.course, lesson))
        if found.status == verdict.PASS:
            progress = Progress.of(self.course)
            progress.mark_passed(lesson)
            progress.save()

    def clean_up(self) -> None:
        """Remove what was laid out for this run alone."""
        for cold in self._cold.values():
            cold.abandon()
        self.world.close()
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)


def grading_of(config: pytest.Config) -> Grading:
    """Return the state of the run that `config` belongs to."""
    grading = config.pluginmanager.get_plugin("workshop-grading")
    assert isinstance(grading, Grading)
    return grading


def step_result(
    lesson: Lesson, item: pytest.Item, report: pytest.TestReport, error: BaseException | None
) -> StepResult:
    """What a report says about a step, in a form that travels between processes."""
    fact = (getattr(item, "obj", None).__doc__ or item.name).strip().partition("\n")[0]
    result = StepResult(item.name, fact, verdict.PASS if report.passed else verdict.FAIL, seconds=report.duration)
    names = [step.name for step in lesson.steps]
    result.number = names.index(item.name) + 1 if item.name in names else 0
    if report.skipped:
        result.status, result.counts, result.message = verdict.ERROR, False, str(error)
    elif isinstance(error, StepFailed):
        result.reason = asdict(error.reason)
        result.message = "\n".join(f"{label}: {result.reason[part]}" for part, label in PARTS.items())
    elif isinstance(error, AssertionError):
        result.message = str(error)
    elif error is not None:
        result.status = verdict.ERROR
        where = getattr(report.longrepr, "reprcrash", None)
        place = f" ({Path(where.path).name}, line {where.lineno})" if where else ""
        result.message = f"The check itself broke on what it saw: {type(error).__name__}: {error}{place}."
    services: list[Any] = getattr(item, "services", [])
    if not report.passed:
        result.output = "".join(service.output for service in services if service.log.exists())[-20000:]
    return result
