"""Cases: what has to be run to be judged, each in a worker process and a folder of its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workshop import layout
from workshop.course import Course, Lesson, Step
from workshop.gate.defect import Defect
from workshop.gate.imports import sources
from workshop.layout import State
from workshop.mistakes import Mistake, StaleEditError
from workshop.verdict import Verdict


@dataclass(frozen=True)
class Case:
    """Something to run on one state of the service."""

    lesson: Lesson
    """The lesson whose state it is."""
    title: str
    """What is run, in words that are unique in the lesson."""
    place: str
    """The file that is to blame when the case cannot be run at all."""
    state: State

    @property
    def name(self) -> str:
        """The name under which it is remembered and shown."""
        return f"{self.lesson.name}: {self.title}"

    @property
    def queue(self) -> str:
        """Cases of one queue never run at the same time."""
        return self.name

    @property
    def size(self) -> int:
        """How long it takes, in steps."""
        return 1

    def run(self, folder: Path) -> list[Defect]:
        """Run it in the empty `folder` and return what is wrong."""
        raise NotImplementedError

    def files(self) -> set[Path]:
        """Return the files beside the state that its outcome depends on."""
        raise NotImplementedError

    def details(self) -> str:
        """Return, as text, whatever else its outcome depends on."""
        return self.title


@dataclass(frozen=True)
class Outcome:
    """What came of a run of steps."""

    verdict: Verdict
    failed_starts: list[str]
    """What was seen of each service that did not start."""


Judge = Callable[["StepsCase", Outcome], Iterable[Defect]]


@dataclass(frozen=True)
class StepsCase(Case):
    """Steps, graded as a learner's are."""

    judge: Judge
    of: Lesson
    """The lesson whose steps they are: that of the state, or an earlier one."""
    steps: list[Step] = field(default_factory=list)
    """Only these; without any, the whole lesson."""
    mistake: Mistake | None = None
    """Made on the state before it is graded."""

    @property
    def size(self) -> int:
        """How many steps are graded."""
        return len(self.steps or self.of.steps)

    def run(self, folder: Path) -> list[Defect]:
        """Lay out the state, make the mistake, grade, judge."""
        from workshop.grade import grade

        service = folder / "service"
        layout.lay_out(self.state, service)
        try:
            if self.mistake:
                self.mistake.apply(service)
        except StaleEditError as error:
            return [Defect(self.place, f"{error}\nThe solution changed; write the edit anew.")]
        options = ["--path", str(service), "--basetemp", str(folder / "steps"), "--service-of", self.lesson.name]
        starts = _StartWatcher()
        verdict = grade(self.of, *options, steps=[step.name for step in self.steps], plugins=[starts])
        return [*self._not_graded(verdict), *self.judge(self, Outcome(verdict, starts.said))]

    def _not_graded(self, verdict: Verdict) -> Iterator[Defect]:
        missing = [step for step in self.steps or self.of.steps if not verdict.step(step.name)]
        if missing:
            names = ", ".join(step.name for step in missing)
            text = f"{self.title} could not be verified: {names} did not run. {verdict.message}"
            yield Defect(self.place, text.rstrip())

    def files(self) -> set[Path]:
        """Return the steps, the machinery that runs and judges them, and the lock."""
        checks = {file for file in self.of.checks.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
        apart = {self.of.checks / "mistakes.py"} | set((self.of.checks / "alternatives").rglob("*"))
        machinery = sources("workshop.plugin", "workshop.grade", __name__, self.judge.__module__)
        return (checks - apart) | machinery | {Course.here().root / "uv.lock"}

    def details(self) -> str:
        """Return which steps, which mistake, and the variables of the service."""
        course = Course(self.lesson.root)
        kept = course.env(self.lesson), course.preload(self.lesson), course.migrates(self.lesson)
        service = (*kept, course.world(self.lesson), course.database(self.lesson))
        credentials = course.signs_in(self.of, self.lesson)
        return repr((self.title, self.of.name, [step.name for step in self.steps], self.mistake, service, credentials))


class _StartWatcher:
    """Pytest plugin: what is said of each service that does not start."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> None:
        """Look at the services of a step before they are closed."""
        from workshop.testbed.explain_start import no_start
        from workshop.testbed.service import Service

        # What `python -m shelf` started explains itself: its start is what its lesson is about.
        services = [service for service in getattr(item, "services", []) if isinstance(service, Service)]
        self.said += [no_start(service).saw for service in services if service.refused]
