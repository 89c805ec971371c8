"""The words for a learner's tests that do not run, or not as tests should."""

from typing import TYPE_CHECKING, Any

from workshop.testbed.explain import at
from workshop.testbed.explain import spot as spot_of
from workshop.testbed.reason import Reason

if TYPE_CHECKING:
    from workshop.testbed.suite import Suite, SuiteRun

EXPECTED = "tests that run to their end, and pass on the good service."
OUTPUT = "`uv run pytest work/lesson_NN/tests` shows what is printed."
NO_TESTS = 5
USAGE = 4


def trouble(suite: "Suite", run: "SuiteRun") -> Reason | None:
    """Return why nothing can be learned from a run on the good service; None where it went well."""
    if not suite.sources():
        return Reason(
            saw="There is no folder tests/ with a Python file in it.",
            expected=EXPECTED,
            cause="it was deleted, renamed or moved.",
            look="`uv run workshop reset N` brings the lesson's files back; what is there is kept.",
        )
    if run.sleeps:
        return _sleeps(run)
    if run.cut:
        return _cut(run, run.cut)
    if run.not_collected:
        return _import_failed(run.not_collected[0])
    if run.ended is None:
        return _gone(run)
    return _unsound(run, run.ended)


def _sleeps(run: "SuiteRun") -> Reason:
    place = run.sleeps[0]
    return Reason(
        saw=f"{place['file']}, line {place['line']}, sleeps: {place['call']}.",
        expected="no sleeping, anywhere below tests/.",
        cause="a sleep is too long on a fast machine, and too short on a busy one. What is waited for can be"
        " awaited, or is a fake that is there at once.",
        look=f"{place['file']}, line {place['line']}.",
    )


def _cut(run: "SuiteRun", event: dict[str, Any]) -> Reason:
    if event["event"] == "endless":
        where = f"{run.began} comes to no end" if run.began else "Before the first test, something comes to no end"
        return Reason(
            saw=f"{where}. It stands at {at(event['place'])}",
            expected=EXPECTED,
            cause="a loop without end, or a wait for what never comes.",
            look=_spot(event["place"]),
        )
    if event["event"] == "flooded":
        return Reason(
            saw=f"{run.began or 'The tests'} printed more than 16 MiB. It stands at {at(event['place'])}",
            expected="tests that say little: only a failure needs words.",
            cause="a print in a loop, or of something huge.",
            look=_spot(event["place"]),
        )
    if event["event"] == "slow":
        return Reason(
            saw=f"After ten minutes the tests are still at work, at {run.began or 'their beginning'}.",
            expected="tests that take seconds.",
            cause="each of them does much, or waits: an app, a database or a hash that is made anew each time.",
            look="`uv run pytest work/lesson_NN/tests --durations 10` names the slowest.",
        )
    if event["type"] == "SystemExit":
        return Reason(
            saw=f"The process was ended while files were imported: {event['text']} ({at(event['place'])})",
            expected=EXPECTED,
            cause="shelf/main.py makes an app while it is imported, and ends where settings are missing. So it can only"
            " be imported where the tests have set them: inside a fixture."
            if "Shelf" in event["text"]
            else "a call of `sys.exit` or `exit` at the top level of a file.",
            look=_spot(event["place"]),
        )
    return _import_failed(event)


def _import_failed(event: dict[str, Any]) -> Reason:
    said = f"{event['type']}: {event['text']}" if event.get("type") else event["text"]
    kinds = {
        "SyntaxError": "a typing slip on that line, or a bracket or quote left open above it.",
        "ModuleNotFoundError": "a misspelt name, or a package that the workshop does not have.",
        "ImportError": "a misspelt name, or a name that is not in that module.",
    }
    return Reason(
        saw=f"A file of the tests cannot be imported ({at(event.get('place'))})\n{said}",
        expected=EXPECTED,
        cause=kinds.get(event.get("type", ""), "the error above, raised while the file was imported."),
        look=_spot(event.get("place")),
    )


def _gone(run: "SuiteRun") -> Reason:
    during = f"in {run.began}" if run.began else "before the first test"
    code = "" if run.exit_code is None else f" (exit code {run.exit_code})"
    return Reason(
        saw=f"The process that runs the tests ended {during}{code}.",
        expected=EXPECTED,
        cause="`os._exit`, a signal, or a crash: whoever runs the tests would never hear of the others.",
        look=f"{run.began.partition('::')[0] or 'tests/conftest.py'}.",
    )


def _unsound(run: "SuiteRun", ended: dict[str, Any]) -> Reason | None:
    if ended["code"] == USAGE:
        return Reason(
            saw=f"pytest does not begin: {_last_line(run)}",
            expected=EXPECTED,
            cause="pytest.toml says something that pytest does not know, or a plugin that is not loaded: there are"
            " pytest-asyncio, anyio, pytest-timeout and pytest-xdist.",
            look="pytest.toml.",
        )
    if not run.tests:
        return Reason(
            saw="There is no test: pytest finds none below tests/.",
            expected="at least one.",
            cause="files that do not begin with `test_`, or functions that do not.",
            look="the names of files and functions below tests/.",
        )
    if run.failed:
        return _failed(run)
    if not run.passed:
        return Reason(
            saw=f"{count(run.tests)}, and each of them is skipped, or expected to fail.",
            expected="tests that run.",
            cause="a mark, or `pytest.skip`.",
            look="the marks `skip`, `skipif` and `xfail`.",
        )
    if run.exit_code is None:
        threads = ", ".join(ended["threads"]) or "something"
        return Reason(
            saw=f"All tests are over, but the process does not end: {threads} still runs.",
            expected="a run that ends by itself.",
            cause="a connection, a server or a thread that a test or fixture has opened, and nobody closes.",
            look="what your fixtures do after their `yield`.",
        )
    return None


def _failed(run: "SuiteRun") -> Reason:
    first = run.failed[0]
    every = not run.passed
    stage = "" if first["when"] == "call" else f" ({first['when']} of its fixtures)"
    return Reason(
        saw=f"{len(run.failed)} of {count(run.tests or 0)} {'fails' if len(run.failed) == 1 else 'fail'} on the good"
        f" service. The first: {first['id']}{stage}\n{_error(first)}",
        expected=EXPECTED,
        cause="every test fails, so what they share is the first suspect: a fixture, an import, a setting."
        if every
        else "it expects what Shelf does not promise, or needs what only your machine has. What is tested here is the"
        " service as it came: changes of yours in shelf/ count, too.",
        look=_spot(first.get("place")),
    )


def _spot(place: dict[str, Any] | None) -> str:
    return spot_of(place) if place else OUTPUT


def failure_in_words(event: dict[str, Any]) -> str:
    """Return a failed test in words: its name, and what it said."""
    return f"{event['id']}\n{_error(event)}"


def _error(event: dict[str, Any]) -> str:
    lines = event.get("text", "").strip().splitlines()[:4]
    return f"{event.get('type', 'Failed')}: " + "\n".join(line[:200] for line in lines)


def _last_line(run: "SuiteRun") -> str:
    lines = [line for line in run.output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it says nothing."


def count(tests: int) -> str:
    """Return a number of tests in words."""
    return f"{tests} test{'' if tests == 1 else 's'}"
