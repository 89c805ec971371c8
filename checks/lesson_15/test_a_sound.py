"""Lesson 15: tests that can be trusted when they fail, and when they pass."""

import pytest

from workshop.testbed import because
from workshop.testbed.explain_suite import count, failure_in_words

OWN = "`database_url` and `db_session` in tests/conftest.py, and 'Each for itself' in the lesson."
LEAVE = "what your fixtures do after their `yield`, and 'Nothing stays behind' in the lesson."


@pytest.mark.guard
@pytest.mark.until(16)
def test_the_suite_passes_on_the_good_service(suite):
    """The suite passes on the good service, without sleeping."""
    suite.run()


@pytest.mark.until(16)
def test_it_passes_again_in_any_order_and_leaves_nothing(suite):
    """It passes again, backwards, shuffled, and beside itself; nothing of it is left."""
    leaves_nothing(suite.run(), suite.left())
    for run, order in zip(suite.again(), ("backwards", "in another order"), strict=True):
        assert run.green, because(
            saw=f"All tests passed. Then they ran twice more, at the same time, and {order}"
            f" {count(len(run.failed))} failed. The first: {failure_in_words(run.failed[0])}"
            if run.failed
            else f"All tests passed. Then they ran twice more, at the same time, and {order} they did not come to an"
            f" end: {run.began or 'there was none'} was the last to begin.",
            expected="the same verdict, whenever and however often they run.",
            cause="one test finds what another one has left, or needs it: rows, a file, a setting, an override. Or two"
            " processes use the same file or port.",
            look=OWN,
        )
    leaves_nothing(suite.run(), suite.left())


def leaves_nothing(run, left):
    """Fail the step where something is not as it was before the tests."""
    tables = ", ".join(f"{name} ({rows})" for name, rows in left.tables.items())
    assert not left.tables, because(
        saw=f"The tests have changed shelf.db. It holds these tables now (rows): {tables}.",
        expected="a database of their own: they may be run where Shelf is at work.",
        cause="shelf.db in the folder of the service is what Shelf uses where DATABASE_URL says nothing else: the"
        " database of whoever runs the tests.",
        look=OWN,
    )
    files = [*left.files, *(f"{name} (in the home or in the folder for temporary files)" for name in left.elsewhere)]
    assert not files, because(
        saw=f"The tests have left, or changed, {count_files(files)}: {', '.join(files[:5])}.",
        expected="the files that were there before, and no other.",
        cause="a file with a name of its own. What is made in `tmp_path`, or by `tmp_path_factory`, pytest takes away.",
        look=LEAVE,
    )
    environment = run.left.get("environment", [])
    assert not environment, because(
        saw=f"After the last test these environment variables are others than before: {', '.join(environment)}.",
        expected="the environment that was found.",
        cause="`os.environ[...] = ...` in a test or a fixture, and nobody sets it back. `monkeypatch.setenv` does.",
        look=LEAVE,
    )
    processes = run.left.get("processes", [])
    assert not processes, because(
        saw=f"After the last test these processes still run: {'; '.join(processes[:3])}.",
        expected="none.",
        cause="a fixture starts one, and does not end it.",
        look=LEAVE,
    )


def count_files(files):
    """Return a number of files in words."""
    return "a file" if len(files) == 1 else f"{len(files)} files"
