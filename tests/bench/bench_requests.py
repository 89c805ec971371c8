"""What a request costs: Shelf beside the same routes in bare Starlette, asyncpg and orjson, as ratios of one run.

    uv run --group bench python tests/bench/bench_requests.py 17

One worker each, on one PostgreSQL, with 2,000 bookmarks of three tags each; a key signs in. The two take turns. CPU is
that of the server's process alone, so a busy machine changes it little; requests a second and p99 are what the machine
gives to a server and a client of eight connections. Needs no network.
"""

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from workshop import layout
from workshop.course import Course
from workshop.testbed.migrations import Migrations
from workshop.testbed.network import closed_port
from workshop.testbed.postgres_database import PostgresDatabase
from workshop.testbed.waiting import Waiter

HERE = Path(__file__).parent
CONNECTIONS = 8
SECRET = "a key for a benchmark, never for a service that others reach"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and its process."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """The seconds of CPU that it has used so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@dataclass(frozen=True)
class Measured:
    """What one round of a route was like."""

    cpu_ms: float
    """CPU of the server, a request."""
    a_second: float
    p99_ms: float


@contextmanager
def running(app: str, folder: Path, env: dict[str, str]) -> Iterator[Server]:
    """Serve an app with one worker until the block ends."""
    port = closed_port()
    words = ["--port", str(port), "--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", app, "--app-dir", str(folder), *words]
    with tempfile.TemporaryFile() as log:  # a line for each request, as on a server
        child = subprocess.Popen(command, env=os.environ | env, stdout=log, stderr=log)
    try:
        asyncio.run(answers(port, child))
        yield Server(port, psutil.Process(child.pid))
    finally:
        child.terminate()
        child.wait(20)


async def answers(port: int, child: "subprocess.Popen[bytes]") -> None:
    """Wait until somebody listens there."""
    while child.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    sys.exit("a server does not start")


class Load:
    """Sends requests over connections that stay open, each after the answer to the one before."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = key

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the bytes of a request."""
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Token {self.key}\r\n"
        more = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
        return f"{head}{more}\r\n".encode() + content

    async def send(self, requests: list[bytes], connections: int = CONNECTIONS) -> list[float]:
        """Send all of them, and return how many seconds each took."""
        waiting = iter(requests)
        took: list[float] = []
        await asyncio.gather(*(self._one(waiting, took) for _ in range(connections)))
        return took

    async def _one(self, waiting: Iterator[bytes], took: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            if not head.startswith("http/1.1 2"):
                sys.exit(f"{request[:60]!r} was answered {head.splitlines()[0]}")
            await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
            took.append(time.perf_counter() - began)
        writer.close()


ROUTES = {
    "get one": lambda load, number: load.request("GET", f"/api/bookmarks/{1 + number % 2000}/"),
    "list 20": lambda load, number: load.request("GET", f"/api/bookmarks/?limit=20&offset={number % 100}"),
    "save": lambda load, number: load.request(
        "POST",
        "/api/bookmarks/",
        {"url": f"https://example.com/saved/{number}", "title": f"Saved {number}", "tag_names": ["t1", "t2", "t3"]},
    ),
}


def measure(server: Server, key: str, route: str, number: int, first: int) -> Measured:
    """Ask so many times, and return what a request was like."""
    load = Load(server.port, key)
    requests = [ROUTES[route](load, first + each) for each in range(number)]
    before, began = server.cpu(), time.perf_counter()
    took = asyncio.run(load.send(requests))
    seconds, cpu = time.perf_counter() - began, server.cpu() - before
    return Measured(1000 * cpu / number, number / seconds, 1000 * statistics.quantiles(took, n=100)[98])


def compare(servers: dict[str, Server], key: str, route: str, rounds: int, number: int) -> None:
    """Let all take turns, and print what each is like beside the reference."""
    found: dict[str, list[Measured]] = {name: [] for name in servers}
    for each in range(rounds + 1):  # the first is to warm up
        for place, (name, server) in enumerate(servers.items()):
            first = number * (each * len(servers) + place)
            found[name].append(measure(server, key, route, number if each else 100, first))
    bare = found["reference"][1:]
    for name, all_of_it in found.items():
        rest = all_of_it[1:]
        ratios = [one.cpu_ms / other.cpu_ms for one, other in zip(rest, bare, strict=True)]
        speeds = [one.a_second / other.a_second for one, other in zip(rest, bare, strict=True)]
        middle = {field: statistics.median(getattr(one, field) for one in rest) for field in vars(rest[0])}
        print(
            f"{route:8} {name:10} CPU {middle['cpu_ms']:6.2f} ms = {statistics.median(ratios):4.2f} of the reference"
            f" ({min(ratios):.2f} to {max(ratios):.2f}); {middle['a_second']:6.0f} a second"
            f" = {statistics.median(speeds):4.2f}; p99 {middle['p99_ms']:6.1f} ms",
            flush=True,
        )


def fill(database: PostgresDatabase, key_hash: str) -> None:
    """Put an account with a key, 2,000 bookmarks and 300 tags into the database."""
    for sql in (
        "INSERT INTO accounts (email, email_key, username, username_key, age, date_joined)"
        " VALUES ('a@example.com', 'a@example.com', 'ann', 'ann', 33, now())",
        "INSERT INTO api_keys (owner_id, name, prefix, key_hash, date_added, last_used)"
        f" VALUES (1, 'bench', 'shelf_bench', '{key_hash}', now(), now() + interval '1 day')",
        "INSERT INTO tags (owner_id, name, name_key, date_added)"
        " SELECT 1, 't' || n, 't' || n, now() FROM generate_series(1, 300) AS n",
        "INSERT INTO bookmarks (owner_id, url, url_normalized, title, description, notes, is_archived, unread, shared,"
        " search_text, date_added, date_modified) SELECT 1, 'https://example.com/' || n, 'https://example.com/' || n,"
        " 'Bookmark number ' || n, repeat('What it is about. ', 5), '', false, false, false,"
        " repeat('what it is about. ', 5), now() - n * interval '1 minute', now() FROM generate_series(1, 2000) AS n",
        "INSERT INTO bookmark_tags (bookmark_id, tag_id)"
        " SELECT id, 1 + (id * 7 + n * 100) % 300 FROM bookmarks, generate_series(0, 2) AS n",
        "VACUUM ANALYZE",
    ):
        database.execute(sql)


def main() -> None:
    """Parse, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", default=["17"], help="whose solved service is measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=400, help="in one round")
    parser.add_argument("--path", type=Path, help="a folder with a service to measure, too")
    given = parser.parse_args()
    course, key = Course.here(), "shelf_bench"
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelf-bench-")))
        database = PostgresDatabase()
        stack.callback(database.close)
        folders: dict[str, Path] = {}
        for lesson in map(course.lesson, given.lessons):
            folders[f"lesson {lesson.number:02}"] = place / lesson.name
            layout.lay_out(layout.solved(course, lesson), place / lesson.name)
        if given.path:
            folders["the folder"] = given.path
        env = course.env(course.lessons[-1]) | {"DATABASE_URL": database.direct_url, "SECRET_KEY": SECRET}
        Migrations([*folders.values()][-1], env).prepare(database, Waiter())
        fill(database, hashlib.sha256(key.encode()).hexdigest())
        servers = {"reference": stack.enter_context(running("reference:app", HERE, env))}
        for name, folder in folders.items():
            servers[name] = stack.enter_context(running("shelf.main:app", folder, env))
        for route in ROUTES:
            compare(servers, key, route, given.rounds, given.requests)


if __name__ == "__main__":
    main()
