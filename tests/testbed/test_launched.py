"""Shelf as a server starts it: with workers, told apart, and ended by a signal."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.testbed.launched import Launched
from workshop.testbed.reason import StepFailed
from workshop.testbed.waiting import Waiter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")

MAIN = """
import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (message := await receive())["type"]:
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""
SERVES = """
import os, uvicorn
if __name__ == "__main__":
    uvicorn.run("shelf.main:app", port=int(os.environ["PORT"]), workers=int(os.environ.get("WORKERS", "1")))
"""

Launch = Callable[..., Launched]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Launch a small service whose `shelf/__main__.py` is given."""
    launched: list[Launched] = []

    def start(module: str, **env: str) -> Launched:
        (tmp_path / "shelf").mkdir()
        for name, text in (("__init__", ""), ("main", MAIN), ("__main__", module)):
            (tmp_path / "shelf" / f"{name}.py").write_text(text, encoding="utf-8")
        launched.append(Launched(tmp_path, tmp_path, env=env, waiter=Waiter()))
        return launched[-1].must_run()

    yield start
    for each in launched:
        each.close()


def test_it_serves_until_a_signal_ends_it(launch: Launch) -> None:
    """One process serves; SIGTERM ends it in its own way."""
    shelf = launch(SERVES)
    assert [shelf.get("/").text] == [str(pid) for pid in shelf.workers()]
    shelf.terminate()
    assert shelf.waiter.until(lambda: shelf.gone)
    assert (shelf.exit_code, shelf.listens) == (143, False)


def test_each_worker_can_be_asked(launch: Launch) -> None:
    """While all others stand still, what comes is taken by the one that is meant."""
    shelf = launch(SERVES, WORKERS="2")
    workers = shelf.workers()
    assert len(workers) == 2
    for worker in workers * 2:
        with shelf.only(worker):
            assert shelf.get("/").text == str(worker)


def test_what_does_not_serve_is_told(launch: Launch) -> None:
    """The exit code and the last words stand in the message."""
    with pytest.raises(StepFailed, match=r"ended with 1, and said: no such thing"):
        launch("import sys\nsys.exit('no such thing')")
