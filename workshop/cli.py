"""The commands: parse, call, print."""

import os
import sys
from typing import Annotated

import typer

from workshop.course import Course, CourseError, Lesson
from workshop.guide import current, fresh, here, laid_out, overview, put_away
from workshop.progress import Progress
from workshop.screen import Screen, at_a_terminal, prepare_streams, shown

NAME = "uv run workshop"
OF_USE = 2
"""The exit code of an error of use."""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="""Build Shelf, one production backend, in graded lessons.

    Without a command it takes you to your lesson and watches it: each time you save a file, you read which steps pass.
    """,
    epilog="""\b
    Examples:
      uv run workshop            go to your lesson and watch it
      uv run workshop start 4    begin lesson 4, or begin it again
      uv run workshop hint       the next hint for the first step that fails
      uv run workshop hint -h    more about one command

    A lesson may be named 4, 04, lesson_04 or by its slug.
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Which = Annotated[str | None, typer.Argument(metavar="N", help="The lesson; without it, the one you are at.")]
Given = Annotated[str, typer.Argument(metavar="N", help="The lesson.")]


@app.callback(invoke_without_command=True)
def workshop(
    context: typer.Context,
    lesson: Annotated[
        str | None, typer.Option("--lesson", metavar="N", help="Watch this lesson, not the one you are at.")
    ] = None,
) -> None:
    """Where am I: lay out the current lesson and watch it."""
    if context.invoked_subcommand is not None:
        return
    course, chosen = _course_and_lesson(lesson)
    screen = Screen()
    if at_a_terminal():
        from workshop.watch import Watch

        Watch(course, chosen, screen).run()
        return
    from workshop.layout import ensure_work

    ensure_work(course, chosen)
    screen.lines(here(chosen))


@app.command("list")
def list_() -> None:
    """Show the lessons and what you passed."""
    course, lesson = _course_and_lesson(None)
    screen = Screen()
    screen.lines(overview(course, lesson, screen.paper))


@app.command()
def start(
    number: Given,
    carry: Annotated[bool, typer.Option("--carry", help="On your own files of the lesson before.")] = False,
) -> None:
    """Begin a lesson; what is there is kept.

    It is laid out in work/, on reference code. What was in its folder is moved to work/.kept/, never overwritten.

    With --carry it is laid out on your own files of the lesson before, merged with what this lesson changes. Where a
    file cannot be merged, it is the lesson's, and yours stands beside it.
    """
    if not carry:
        _lay_out(number)
        return
    from workshop import carry as carrying

    course, lesson = _course_and_lesson(number)
    carrying.before(course, lesson)
    kept = put_away(course, lesson)
    found = carrying.lay_out(course, lesson)
    Screen().lines([*carrying.told(found, lesson), *laid_out(lesson, kept)])


@app.command()
def reset(number: Which = None) -> None:
    """Begin a lesson again; what is there is kept.

    Its starter is laid out in work/. What you wrote is moved to work/.kept/.
    """
    _lay_out(number)


@app.command()
def check(number: Which = None) -> None:
    """Grade a lesson, as pytest does."""
    from workshop.live import graded
    from workshop.verdict import PASS

    _, lesson = _course_and_lesson(number)
    verdict = graded(Screen(), lesson)
    raise typer.Exit(0 if verdict.status == PASS else 1)


@app.command()
def hint(number: Which = None) -> None:
    """Show the next hint.

    It is about the first step that fails: a direction, then a tool, then the shape.
    """
    from workshop import hints
    from workshop.guide import kept_verdict
    from workshop.live import graded

    course, lesson = _course_and_lesson(number)
    screen = Screen()
    verdict = kept_verdict(course, lesson) or graded(screen, lesson, show=False)
    screen.lines(hints.next_hint(course, lesson, verdict, screen.paper))


@app.command()
def diff(number: Which = None) -> None:
    """Show your files beside the solution's.

    A line with - is yours, one with + is the solution's.
    """
    from workshop.compare import show_differences

    course, lesson = _course_and_lesson(number)
    show_differences(course, lesson, Screen())


@app.command()
def serve(
    number: Which = None,
    solution: Annotated[bool, typer.Option("--solution", help="Run the solved service, not yours.")] = False,
    port: Annotated[int, typer.Option(metavar="PORT", min=1, max=65535, help="On 127.0.0.1.")] = 8000,
) -> None:
    """Run the service for your browser.

    It runs until ^C. Its address, with /docs, is printed.
    """
    from workshop.serve import serve as run

    course, lesson = _course_and_lesson(number)
    raise typer.Exit(run(course, lesson, Screen(), solution=solution, port=port))


@app.command()
def doctor() -> None:
    """Look for what is missing; say how to mend it."""
    from workshop.doctor import examinations, lines_of

    screen, course, sound = Screen(), _course(), True
    for name, examine in examinations():
        with screen.bar(f"looking: {name}"):
            finding = examine(course)
        screen.lines(lines_of(finding, screen.paper))
        sound = sound and not finding.mend
    raise typer.Exit(0 if sound else 1)


@app.command()
def verify(
    numbers: Annotated[list[str] | None, typer.Argument(metavar="N", help="Lessons; without it, all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what no change can have touched.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="J", min=1, help="How many at the same time.")
    ] = None,
) -> None:
    """For authors: is the course sound?

    Solutions pass, starters fail, each mistake is caught; see CONTRIBUTING.md.
    """
    from workshop.verify import verify as run

    course = _course()
    chosen = [course.lesson(number).number for number in numbers or []]
    raise typer.Exit(0 if run(course, chosen, everything=everything, jobs=jobs) else 1)


def _course() -> Course:
    return Course.here()


def _course_and_lesson(which: str | None) -> tuple[Course, Lesson]:
    course = _course()
    if aside := Progress.of(course).kept_aside:
        print(f"Your progress could not be read; the damaged file is kept as {shown(aside)}.", file=sys.stderr)
    return course, current(course) if which is None else course.lesson(which)


def _lay_out(which: str | None) -> None:
    course, lesson = _course_and_lesson(which)
    kept = fresh(course, lesson)
    Screen().lines(laid_out(lesson, kept))


def main() -> int:
    """Run the command that the arguments name; return the exit code."""
    prepare_streams()
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # meant for somebody's own tests; here they change verdicts
        os.environ.pop(name, None)
    try:
        return app(prog_name=NAME, standalone_mode=False) or 0
    except CourseError as error:
        said = str(error)
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", NAME)
        said = f"{error.format_message().rstrip('.')} (help: {command} --help)."
    except OSError as error:
        said = f"{error.filename or 'The system'}: {error.strerror or error}"
    print(said, file=sys.stderr)
    return OF_USE
