"""A learner's tests can be anything: what comes of them is a sentence, in seconds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.testbed import explain_suite
from workshop.testbed.suite import Suite, SuiteRun

Make = Callable[..., Suite]
PASSES = "def test_passes():\n    assert True\n"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write test files, and return the suite that they are."""

    def make(text: str = "", **files: str) -> Suite:
        for name, content in {"test_it": text, **files}.items():
            file = tmp_path / "source" / "tests" / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return Suite(tmp_path / "source", tmp_path, busy=1.0, idle=2.0)

    return make


def said(suite: Suite) -> str:
    """What a learner reads of a suite that is no good."""
    reason = explain_suite.trouble(suite, suite.on_the_good_service())
    assert reason, suite.on_the_good_service()
    return " ".join(vars(reason).values())


def test_a_good_suite_is_green(make: Make) -> None:
    """Nothing is said of it."""
    suite = make(PASSES)
    run = suite.on_the_good_service()
    assert (run.green, run.tests, run.exit_code) == (True, 1, 0)
    assert explain_suite.trouble(suite, run) is None
    assert not suite.place.left()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import threading\ndef test_it():\n    threading.Event().wait()\n", "test_it comes to no end"),
        ("def test_it():\n    while True:\n        pass\n", "test_it comes to no end"),
        ("while True:\n    pass\n", "Before the first test, something comes to no end"),
        ("import os\ndef test_it():\n    os._exit(0)\n", "ended in tests/test_it.py::test_it (exit code 0)"),
        ("import os\nos._exit(3)\n", "ended before the first test (exit code 3)"),
        ("def test_it():\n    raise SystemExit(0)\n", "1 of 1 test fails"),
        ("raise SystemExit('no settings')\n", "ended while files were imported: no settings"),
        ("def test_it():\n    while True:\n        print('x' * 10**6)\n", "printed more than 16 MiB"),
        ("def test_it():\n    print('x' * 10**9)\n", "printed more than 16 MiB"),
        ("import nothing_of_the_kind\n", "No module named 'nothing_of_the_kind'"),
        ("def test_it(:\n", "cannot be imported (tests/test_it.py, line 1"),
        ("X = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def it():\n    assert True\n", "There is no test"),
        ("import pytest\n@pytest.mark.skip\ndef test_it():\n    pass\n", "each of them is skipped"),
        ("def test_it():\n    assert 1 + 1 == 3\n", "assert (1 + 1) == 3"),
        ("def test_it(nothing):\n    pass\n", "there is no fixture 'nothing'"),
        ("import time\ndef test_it():\n    time.sleep(0.01)\n", "tests/test_it.py, line 3, sleeps: time.sleep(0.01)"),
        ("from asyncio import sleep, run\ndef test_it():\n    run(sleep(0.01))\n", "asyncio.sleep(0.01)"),
        (
            "from threading import Event, Thread\ndef test_it():\n    Thread(None, Event().wait, 'pump').start()\n",
            "the process does not end: pump still runs",
        ),
    ],
)
def test_a_bad_suite_is_told_what_is_wrong(make: Make, text: str, words: str) -> None:
    """Whatever it does, somebody hears of it."""
    assert words in said(make(text))


def test_a_conftest_that_cannot_be_imported_is_named(make: Make) -> None:
    """Also where pytest itself says little."""
    assert "No module named 'nowhere'" in said(make(PASSES, conftest="import nowhere\n"))


def test_no_tests_at_all(tmp_path: Path) -> None:
    """Nor a folder for them."""
    (tmp_path / "source").mkdir()
    assert "There is no folder tests/" in said(Suite(tmp_path / "source", tmp_path))


def test_what_is_printed_is_no_verdict(make: Make) -> None:
    """Whatever it looks like."""
    event = json.dumps({"event": "ended", "code": 0})
    assert "1 of 1 test fails" in said(make(f"def test_it():\n    print('1 passed', {event!r})\n    assert False\n"))


def test_settings_that_come_from_outside_do_not_reach_it(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither those of Shelf nor those of pytest."""
    monkeypatch.setenv("SECRET_KEY", "mine")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    run = make("import os\ndef test_it():\n    assert 'SECRET_KEY' not in os.environ\n").on_the_good_service()
    assert run.green


def test_what_is_left_behind_is_named(make: Make) -> None:
    """Files in both places, variables, processes, and the developer's database."""
    suite = make(
        "import os, pathlib, sqlite3, subprocess, tempfile\n"
        "def test_it(tmp_path):\n"
        "    (tmp_path / 'own').write_text('')\n"
        "    pathlib.Path('left.txt').write_text('')\n"
        "    tempfile.mkstemp(suffix='.left')\n"
        "    os.environ['LEFT'] = 'yes'\n"
        "    subprocess.Popen(['sleep', '60'])\n"
        "    with sqlite3.connect('shelf.db') as connection:\n"
        "        connection.execute('CREATE TABLE left_behind (number)')\n"
    )
    run, left = suite.on_the_good_service(), suite.place.left()
    assert (left.files, left.tables["left_behind"]) == (["left.txt"], 0)
    assert [name.endswith(".left") for name in left.elsewhere] == [True]
    assert (run.left["environment"], run.left["processes"]) == (["LEFT"], ["sleep 60"])


def test_what_is_set_while_files_are_imported_is_no_leftover(make: Make) -> None:
    """Nor is what a fixture sets back in the end."""
    suite = make(
        "import os, pytest\n"
        "os.environ['EARLY'] = 'yes'\n"
        "@pytest.fixture(scope='session', autouse=True)\n"
        "def later():\n"
        "    with pytest.MonkeyPatch.context() as patch:\n"
        "        patch.setenv('LATER', 'yes')\n"
        "        yield\n"
        "def test_it():\n"
        "    assert os.environ['LATER'] == os.environ['EARLY']\n"
    )
    assert suite.on_the_good_service().left["environment"] == []


def test_again_is_backwards_shuffled_and_together(make: Make) -> None:
    """Two processes under the names that pytest-xdist would give them, test beside test."""
    suite = make(
        "import pathlib, time, pytest\n"
        "HERE = pathlib.Path('meeting')\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_meets(number, worker_id, tmp_path_factory, request):\n"
        "    names = [item.name for item in request.session.items]\n"
        "    assert tmp_path_factory.getbasetemp().name == f'popen-{worker_id}'\n"
        "    assert names != sorted(names)\n"
    )
    here, there = suite.again()
    assert (here.failed, there.failed) == ([], [])
    assert here.passed != there.passed


def test_a_bug_is_noticed_or_not(make: Make, tmp_path: Path) -> None:
    """Each time in a copy of its own."""
    (tmp_path / "source" / "shelf").mkdir(parents=True)
    (tmp_path / "source" / "shelf" / "__init__.py").write_text("RIGHT = True\nOTHER = 1\n")
    suite = make("from shelf import RIGHT\ndef test_it():\n    assert RIGHT\n")

    def plant(text: str) -> Callable[[Path], None]:
        return lambda folder: (folder / "shelf" / "__init__.py").write_text(text) and None

    runs: list[SuiteRun] = suite.on([plant("RIGHT = False\nOTHER = 1\n"), plant("RIGHT = True\nOTHER = 2\n")])
    assert [run.green for run in runs] == [False, True]
    assert suite.on_the_good_service().green
