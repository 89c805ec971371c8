"""Where a learner is, and what to do next."""

import textwrap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from workshop import layout, verdict
from workshop.course import Course, CourseError, Lesson
from workshop.progress import Progress
from workshop.report import Line, Paper
from workshop.screen import shown
from workshop.verdict import PASS, Verdict


def current(course: Course) -> Lesson:
    """Return the lesson a learner is at: the first that was not passed, the last when all were."""
    if not course.lessons:
        raise CourseError(f"There are no lessons in {course.root / 'lessons'}.")
    return Progress.of(course).current(course)


def following(course: Course, lesson: Lesson) -> Lesson | None:
    """Return the lesson after this one, None after the last."""
    return next((each for each in course.lessons if each.number > lesson.number), None)


def fresh(course: Course, lesson: Lesson) -> Path | None:
    """Lay the lesson's starter out; return where the folder that was there is kept now, None if there was none."""
    kept = put_away(course, lesson)
    layout.lay_out(layout.start(course, lesson), lesson.work)
    return kept


def put_away(course: Course, lesson: Lesson) -> Path | None:
    """Make room for the lesson's folder; return where the one that was there is kept now, None if there was none."""
    kept = layout.keep(lesson.work) if lesson.work.exists() else None
    # That verdict was about the files that have just been put away.
    verdict.results_file(course, lesson).unlink(missing_ok=True)
    return kept


def to_edit(lesson: Lesson) -> list[Path]:
    """Return the learner's files in which the work of this lesson is."""
    paths = {*layout.files_in(lesson.solution), *map(PurePosixPath, lesson.solution_removes)}
    return [lesson.work / path for path in sorted(paths)]


def here(lesson: Lesson) -> Iterator[Line]:
    """Yield where a learner is."""
    yield Line(f"You are at lesson {lesson.heading}.", "bold")
    yield from next_steps(lesson)


def laid_out(lesson: Lesson, kept: Path | None) -> Iterator[Line]:
    """Yield what `fresh` has done."""
    yield Line(f"Lesson {lesson.heading} is laid out in {shown(lesson.work)}.", "bold")
    if kept:
        yield Line(f"What was there is kept in {shown(kept)}.")
    yield Line("")
    yield from next_steps(lesson)


def next_steps(lesson: Lesson, *, watched: bool = False) -> Iterator[Line]:
    """Yield what to do in a lesson that is laid out."""
    yield Line(f"  Read   {shown(lesson.readme)}")
    for number, file in enumerate(to_edit(lesson)):
        yield Line(f"  {'Edit ' if number == 0 else '     '}  {shown(file)}")
    if not watched:
        yield Line(f"  Grade  uv run pytest checks/{lesson.name}")


def overview(course: Course, here: Lesson, paper: Paper) -> Iterator[Line]:
    """Yield the table of lessons: what was passed, how many steps pass, how long each takes."""
    progress = Progress.of(course)
    done = sum(progress.passed(lesson) for lesson in course.lessons)
    minutes = sum(lesson.minutes for lesson in course.lessons if not progress.passed(lesson))
    width = min(max(len(lesson.heading) for lesson in course.lessons), paper.width - 34)
    yield Line(f"        {'Lesson':{width}}  {'Steps':>10}  {'Minutes':>7}", "dim")
    for lesson in course.lessons:
        yield _row(course, lesson, here, progress.passed(lesson), width, paper)
    yield Line("")
    left = f"about {minutes} minutes to go" if minutes else "that is all of them"
    yield Line(f"  {done} of {len(course.lessons)} lessons passed; {left}.")


def _row(course: Course, lesson: Lesson, here: Lesson, passed: bool, width: int, paper: Paper) -> Line:
    arrow = ("→" if paper.unicode else "->") if lesson.number == here.number else ""
    sign = paper.mark(PASS).strip() if passed else ""
    heading = textwrap.shorten(paper.text(lesson.heading), width, placeholder=" ...")
    style = "bold" if arrow else "good" if passed else ""
    steps = steps_passed(course, lesson)
    return Line(f"  {arrow:2} {sign:2} {heading:{width}} {steps:>10}  {lesson.minutes:>7}", style)


def steps_passed(course: Course, lesson: Lesson) -> str:
    """Return how many steps passed when the lesson was graded last: `3 of 8`; `- of 8` when it was not graded yet."""
    found = verdict.read(verdict.results_file(course, lesson))
    names = {step.name for step in lesson.steps}
    if found is None or found.lesson != lesson.slug:
        return f"- of {len(names)}"
    return f"{sum(step.status == PASS and step.name in names for step in found.steps)} of {len(names)}"


def kept_verdict(course: Course, lesson: Lesson) -> Verdict | None:
    """Return the verdict on the learner's folder as it is now; None when it has changed since, or was never graded."""
    file = verdict.results_file(course, lesson)
    found = verdict.read(file)
    if found is None or found.lesson != lesson.slug or not (found.complete or found.first_failure):
        return None
    saved = [path.stat().st_mtime for path in layout.files_in(lesson.work).values()]
    return found if saved and max(saved) < file.stat().st_mtime else None
