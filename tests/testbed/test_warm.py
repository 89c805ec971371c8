"""The warm parent: what it has done beforehand, and what nobody sees of that."""

import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import write
from workshop.testbed import warm
from workshop.testbed.process import CAN_FORK
from workshop.testbed.service import scrubbed

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


ASK = """import sys
from pathlib import Path
from workshop.testbed.process import warm_up
from workshop.testbed.service import Service

warm_up(["fastapi", "sqlalchemy.ext.asyncio", "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite"])
service = Service(Path(sys.argv[1]), Path(sys.argv[1]))
print(service.must_run().get("/health").expect(200).text)
service.close()
"""
"""In a process of its own: in this one another warm parent may be at work."""


@pytest.mark.skipif(not CAN_FORK, reason="nothing is warm here")
def test_a_service_finds_nothing_of_it(tmp_path: Path) -> None:
    """Nothing is mapped, nothing runs; garbage is collected as always, of which what was imported is none."""
    write(tmp_path, {"shelf/main.py": MAIN})
    done = subprocess.run([sys.executable, "-c", ASK, tmp_path], capture_output=True, encoding="utf-8", check=True)
    seen = json.loads(done.stdout)
    assert seen == {"collects": True, "frozen": True, "threads": [], "mapped": [], "late": True}


def test_its_exercises_work() -> None:
    """A failure of one would only be seen by how long services take to start."""
    import fastapi
    import sqlalchemy.ext.asyncio  # noqa: F401

    assert fastapi
    for exercise in warm.EXERCISES.values():
        exercise()


def test_a_client_finds_its_certificates_at_once() -> None:
    """There is one, which anybody can read, and which leads nowhere."""
    context = ssl.create_default_context(cafile=scrubbed({})["SSL_CERT_FILE"])
    (one,) = context.get_ca_certs()
    assert one["subject"] == one["issuer"] == ((("commonName", "nobody"),),)
