"""The warm parent: what it has done beforehand, and what nobody sees of that."""

from pathlib import Path

import pytest

from tests.tiny import write
from workshop.testbed import warm
from workshop.testbed.process import CAN_FORK, warm_up
from workshop.testbed.service import Service

MAIN = """import asyncio
import gc
import sys
import threading
import warnings

from fastapi import FastAPI

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    asyncio.get_event_loop_policy()
    loop = asyncio.new_event_loop()

app = FastAPI()


@app.get("/health")
async def health() -> dict[str, object]:
    import sqlalchemy.orm
    from sqlalchemy.orm import Mapper, mapperlib

    classes = [mapper.class_.__name__ for registry in mapperlib._all_registries() for mapper in registry.mappers]
    return {
        "collects": gc.isenabled(),
        "frozen": gc.get_freeze_count() > 100_000,
        "threads": [each.name for each in threading.enumerate() if not each.name.startswith(("testbed", "MainThread"))],
        "mapped": classes,
        "late": "anyio._backends._asyncio" in sys.modules,
    }
"""


@pytest.mark.skipif(not CAN_FORK, reason="nothing is warm here")
def test_a_service_finds_nothing_of_it(tmp_path: Path) -> None:
    """Nothing is mapped, nothing runs; garbage is collected as always, of which what was imported is none."""
    warm_up(["fastapi", "sqlalchemy.ext.asyncio", "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite"])
    service = Service(write(tmp_path, {"shelf/main.py": MAIN}), tmp_path)
    try:
        seen = service.must_run().get("/health").expect(200).json
    finally:
        service.close()
    assert seen == {"collects": True, "frozen": True, "threads": [], "mapped": [], "late": True}


def test_its_exercises_work() -> None:
    """A failure of one would only be seen by how long services take to start."""
    import fastapi
    import sqlalchemy.ext.asyncio  # noqa: F401

    assert fastapi
    for exercise in warm.EXERCISES.values():
        exercise()
