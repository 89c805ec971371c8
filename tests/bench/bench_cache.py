"""Reads a second of lesson 11's solution, as ratios: with the cache warm, cold and dead, and with no cache at all.

    uv run python tests/bench/bench_cache.py

Checks are of pages that take 50 ms, ten at once; lists are of 400 tags on 2,000 bookmarks. Times depend on the machine,
so nothing is asserted here.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop import layout
from workshop.course import Course
from workshop.testbed.caller import Caller
from workshop.testbed.client import Answer
from workshop.testbed.database import Database
from workshop.testbed.migrations import Migrations
from workshop.testbed.service import Service
from workshop.testbed.upstash import Upstash
from workshop.testbed.waiting import Waiter
from workshop.testbed.web import Web

PAGES = 100
AT_ONCE = 10
ROUNDS = 3


@dataclass
class Late:
    """A page that takes so many seconds."""

    pause: float = 0.05
    length: int | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield its bytes, piece by piece."""
        yield b"<html>"
        yield b"<title>Late</title>"


def a_second(caller: Caller, path: str, asked: list[dict[str, object]]) -> float:
    """Ask all of this, some at once, and return how many were answered a second."""
    began = time.perf_counter()
    for start in range(0, len(asked), AT_ONCE):
        pending = [caller.start("GET", path, params=each) for each in asked[start : start + AT_ONCE]]
        answers: list[Answer] = [each.answer(60).expect(200) for each in pending]
        assert answers
    return len(asked) / (time.perf_counter() - began)


def measure(caller: Caller, redis: Upstash, path: str, asked: list[dict[str, object]]) -> dict[str, float]:
    """Return reads a second by state of the cache."""
    found: dict[str, list[float]] = {"cold": [], "warm": [], "dead": []}
    before: dict[str, Callable[[], object]] = {"cold": redis.clear, "warm": lambda: None, "dead": redis.die}
    for _ in range(ROUNDS):
        for state, prepare in before.items():
            prepare()
            found[state].append(a_second(caller, path, asked))
        redis.heal()
    return {state: statistics.median(each) for state, each in found.items()}


def fill(caller: Caller) -> None:
    """Save 2,000 bookmarks with 400 tags."""
    links = "".join(
        f'<DT><A HREF="https://example.com/{n}" TAGS="t{n % 400},t{n % 397}">A page</A>\n' for n in range(2000)
    )
    text = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{links}</DL><p>\n"
    caller.post("/api/bookmarks/import/", files={"file": ("b.html", text, "text/html")}).expect(200)


def main() -> None:
    """Measure both kinds of reads, and print their ratios to the service without a cache."""
    course = Course.here()
    lesson = course.lesson(11)
    with tempfile.TemporaryDirectory() as place, Upstash() as redis:
        folder, database, web = Path(place) / "solved", Database(Path(place) / "shelf.db"), Web()
        layout.lay_out(layout.solved(course, lesson), folder)
        env = course.env(lesson) | {"DATABASE_URL": database.url}
        Migrations(folder, env).prepare(database, Waiter())
        pages = [web.page(body=Late()) for _ in range(PAGES)]
        reads: dict[str, tuple[str, list[dict[str, object]]]] = {
            "checks": ("/api/bookmarks/check/", [{"url": page.url} for page in pages]),
            "lists of tags": ("/api/tags/", [{"limit": 1000}] * PAGES),
        }
        services = [Service(folder, Path(place), env=env | more) for more in (redis.env, {})]
        with_cache, without = services[0].sign_up(), services[1].sign_up()
        for caller in (with_cache, without):
            fill(caller)
        for what, (path, asked) in reads.items():
            bare = statistics.median(a_second(without, path, asked) for _ in range(ROUNDS))
            ratios = {state: found / bare for state, found in measure(with_cache, redis, path, asked).items()}
            said = ", ".join(f"{state} {ratio:.2f}" for state, ratio in ratios.items())
            print(f"{what}: {bare:.0f} a second without a cache; with one, {said} times that", flush=True)
        for service in services:
            service.close()
        web.close()


if __name__ == "__main__":
    main()
