"""Let Schemathesis ask the solved service of a lesson whatever its own schema allows, and a little more.

    uv run python tests/bench/fuzz.py 8 --seed 8 --cases 100

No answer may be a 5xx (but for the 502 and 504 that routes promise), or have a status, a type or a shape that the
schema does not have. Needs `uvx`, which fetches Schemathesis into an environment of its own. What comes after `--` goes
to `st run`. Ends with its exit code: 0 if nothing was found. The service visits no page meanwhile.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson
from workshop.testbed.service import Service

VERSION = "4.32.5"
SECONDS = 600
CONFIG = """
[checks]
not_a_server_error = { expected-statuses = ["2xx", "3xx", "4xx", 502, 504] }
"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def visit_no_page() -> None:
    """Runs inside the service: whatever URL comes up, nobody out there is asked."""
    import asyncio.selector_events
    import socket

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("this service stays at home")

    async def refuse_later(*args: object, **kwargs: object) -> None:
        refuse()

    socket.getaddrinfo = refuse  # type: ignore[assignment]
    asyncio.selector_events.BaseSelectorEventLoop.sock_connect = refuse_later  # type: ignore[method-assign]


def fuzz(course: Course, lesson: Lesson, seed: int, cases: int, more: list[str]) -> int:
    """Serve the solution and let Schemathesis at it; return the exit code of that."""
    with tempfile.TemporaryDirectory(prefix="shelf-fuzzed-") as name:
        folder, data = Path(name) / "service", Path(name) / "data"
        data.mkdir()
        layout.lay_out(layout.solved(course, lesson), folder)
        env = course.env(lesson) | {"DATABASE_URL": f"sqlite+aiosqlite:///{data / 'shelf.db'}"}
        if course.migrates(lesson):
            command = [sys.executable, "-m", "alembic", "upgrade", "head"]
            subprocess.run(command, cwd=folder, env=os.environ | env, check=True)
        (data / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
        shelf = Service(folder, data, env=env, inside=visit_no_page)
        try:
            schema = f"{shelf.must_run().url}/openapi.json"
            bounds = ["--seed", str(seed), "-n", str(cases), "--suppress-health-check", "all", "--warnings", "off"]
            tool = ["uvx", "--from", f"schemathesis=={VERSION}", "st"]
            command = [*tool, "run", schema, *bounds, "-c", ",".join(CHECKS), *more]
            return subprocess.run(command, cwd=data, timeout=SECONDS, check=False).returncode
        finally:
            shelf.close()


def main() -> None:
    """Parse, run, end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--cases", type=int, default=100)
    given, more = parser.parse_known_args()
    course = Course.here()
    lesson = course.lesson(given.lesson)
    sys.exit(fuzz(course, lesson, given.seed, given.cases, [each for each in more if each != "--"]))


if __name__ == "__main__":
    main()
