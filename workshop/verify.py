"""The gate that keeps the course honest: seven points for every lesson, one sentence for every defect.

1. every step passes on the solution, and so do the earlier lessons' steps that still apply;
2. every step fails on the starter and says why, except guards, which pass there;
3. every mistake is caught, by the step and with the words that it names; every planted bug is real, and found;
4. every alternative passes;
5. starter and solution agree outside the work, and no file stands in a lesson that does not change it;
6. what a README shows and names is there, and so are the hints;
7. solutions pass ruff and mypy --strict.

Cases that passed are not run again until something changes that can touch them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workshop.course import Course, Lesson
from workshop.gate import (
    agreement,
    alternatives,
    bugs,
    data,
    markdown,
    mistakes,
    schedule,
    solution,
    starter,
    texts,
    tools,
)
from workshop.gate.cases import Case
from workshop.gate.defect import Defect
from workshop.gate.memory import Memory
from workshop.gate.schedule import Watcher

STATIC = (mistakes, bugs, alternatives, agreement, texts, data)
RUN = (tools, solution, starter, mistakes, bugs, alternatives)


@dataclass(frozen=True)
class Findings:
    """What the gate found."""

    defects: list[Defect]
    lessons: int = 0
    ran: int = 0
    """How many cases were run."""
    known: int = 0
    """How many had passed before, and nothing has touched them since."""

    @property
    def count(self) -> str:
        """The findings in one line."""
        defects = _many(len(self.defects), "defect") if self.defects else "No defects"
        return f"{defects} in {_many(self.lessons, 'lesson')}; {_many(self.ran, 'run')}, {self.known} unchanged."


def verify(course: Course, numbers: list[int], *, everything: bool = False, jobs: int | None = None) -> bool:
    """Check these lessons (all, when there are none), print every defect, and return whether there is none.

    `everything` runs what has passed and did not change, too; `jobs` is the number of processes. Raises CourseError
    for a lesson that does not exist.
    """
    from workshop.gate.printing import Bar, console, show

    unreadable = list(data.unreadable(course.root))
    lessons = [] if unreadable else [course.lesson(number) for number in numbers] or course.lessons
    with Bar(console()) as bar:
        findings = inspect(course, lessons, everything=everything, jobs=jobs, watcher=bar)
    show(findings.defects, findings.count, console())
    return not findings.defects


def defects(
    course: Course, lessons: Iterable[Lesson] | None = None, *, everything: bool = False, jobs: int | None = None
) -> list[Defect]:
    """Return what is wrong with these lessons, by default with all; keywords as in `verify`."""
    return inspect(course, lessons, everything=everything, jobs=jobs).defects


def inspect(
    course: Course,
    lessons: Iterable[Lesson] | None = None,
    *,
    everything: bool = False,
    jobs: int | None = None,
    watcher: Watcher | None = None,
) -> Findings:
    """Check the lessons and return the findings, lesson by lesson."""
    unreadable = list(data.unreadable(course.root))
    if unreadable:
        return Findings(unreadable)
    chosen = course.lessons if lessons is None else list(lessons)
    found = {lesson.number: list(_static(course, lesson)) for lesson in chosen}
    cases = [case for lesson in chosen for case in _cases(course, lesson)]
    memory = Memory(course)
    waiting = [case for case in cases if not memory.knows(case) or everything]
    results: dict[str, list[Defect]] = {}
    try:
        results.update(_run(course, waiting, watcher or Watcher(), jobs))
    finally:  # what has passed before somebody got tired of waiting has passed
        names = {case.name for case in waiting}
        memory.keep(chosen, [case for case in cases if case.name not in names or results.get(case.name) == []])
    for case in waiting:
        found[case.lesson.number] += results[case.name]
    everywhere = list(_everywhere(course)) if len(chosen) == len(course.lessons) else []
    unique = dict.fromkeys([*everywhere, *(defect for each in found.values() for defect in each)])
    return Findings(list(unique), len(chosen), len(waiting), len(cases) - len(waiting))


def _static(course: Course, lesson: Lesson) -> Iterator[Defect]:
    for point in STATIC:
        yield from point.defects(course, lesson)


def _cases(course: Course, lesson: Lesson) -> Iterator[Case]:
    for point in RUN:
        yield from point.cases(course, lesson)


def _run(course: Course, cases: list[Case], watcher: Watcher, jobs: int | None) -> Iterable[tuple[str, list[Defect]]]:
    watcher.plan(len(cases))
    return schedule.run(course, cases, watcher, jobs=jobs) if cases else ()


def _everywhere(course: Course) -> Iterator[Defect]:
    """Yield what is wrong in the texts that belong to no lesson."""
    for file in sorted(course.root.glob("*.md")):
        yield from texts.named(course, course.lessons[-1], file, markdown.read(file))


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
