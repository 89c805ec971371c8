"""Windows that do not turn by themselves, and a clock that turns when it is told."""

import time
from pathlib import Path

import pytest

from tests.tiny import write
from workshop.testbed import windows
from workshop.testbed.service import Service

MAIN = """import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/time")
async def now() -> float:
    return time.time()
"""


@pytest.mark.parametrize("now", [0.0, 1795897142.5, 3600 * 498860, 3600 * 498860 - 1, 7199 * 249430])
def test_a_far_window_is_far_from_its_edges(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    """Whenever somebody asks."""
    monkeypatch.setattr(windows.time, "time", lambda: now or 1e9)
    seconds = windows.far_window()
    begun = (now or 1e9) % seconds
    assert windows.MARGIN < begun < seconds - windows.MARGIN


def test_the_clock_of_a_service_turns(tmp_path: Path) -> None:
    """And again, from where it stands."""
    folder = write(tmp_path / "work", {"shelf/__init__.py": "", "shelf/main.py": MAIN})
    service = Service(folder, tmp_path)
    try:
        for more, total in ((1000, 1000), (2000, 3000)):
            windows.turn_clock(service.must_run(), more)
            ahead = service.get("/time").json - time.time()
            assert total - 60 < ahead < total + 60
    finally:
        service.close()
