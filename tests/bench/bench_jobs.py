"""Let a Shelf save links while one in five of everything fails, and count what became of each job.

    uv run python tests/bench/bench_jobs.py
    uv run python tests/bench/bench_jobs.py --path work/lesson_13 --jobs 200

QStash refuses, talks nonsense, or takes a job and does not say so; deliveries come twice at the same moment, to two
processes, and are replayed; answers are lost; pages are out of order when they are visited first; processes are killed.
Ends with code 1 unless every effect came exactly once.
"""

import argparse
import collections
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from workshop import layout
from workshop.course import Course
from workshop.testbed.caller import Caller
from workshop.testbed.client import Pending
from workshop.testbed.database import Database
from workshop.testbed.migrations import Migrations
from workshop.testbed.pages import Page, Whole
from workshop.testbed.qstash import Message, QStash
from workshop.testbed.service import Service
from workshop.testbed.standin import GATEWAY, Reply
from workshop.testbed.waiting import Waiter
from workshop.testbed.web import Web
from workshop.testbed.world import new_public_url

SHARE = 0.2
AT_ONCE = 10
PATIENCE = 10.0
"""Seconds without any progress after which nothing more is expected."""
COUNTED = (
    "CREATE TABLE effects (bookmark_id INTEGER)",
    "CREATE TRIGGER effect AFTER UPDATE OF date_modified ON bookmarks BEGIN INSERT INTO effects VALUES (NEW.id); END",
)


class Unreliable(QStash):
    """A QStash that does not take, or does not say that it has taken, one request in five."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.faults: collections.Counter[str] = collections.Counter()
        super().__init__()

    def _answer(self, request: Any, body: bytes, *, obey: bool) -> Reply:
        kind = self.chance.choice(("refused", "nonsense", "taken in silence")) if self.chance.random() < SHARE else ""
        self.faults.update([f"publishing: {kind}"] if kind else [])
        answer = super()._answer(request, body, obey=obey and kind in ("", "taken in silence"))
        return {"refused": (503, b"{}"), "nonsense": (200, GATEWAY), "taken in silence": (500, b"{}")}.get(kind, answer)


class Flaky(Page):
    """A page that is out of order when it is visited first."""

    async def answer(self, *args: Any, **how: Any) -> bool:
        """Answer one visitor."""
        self.status = 503 if self.visits == 1 else 200
        return await super().answer(*args, **how)


class Run:
    """One Shelf of two processes, and what befalls it."""

    def __init__(self, folder: Path, data: Path, qstash: Unreliable, chance: random.Random) -> None:
        course = Course.here()
        env = course.env(course.lesson(13)) | {"RELAY_SECONDS": "0.02", "LEASE_SECONDS": "1"}
        self.database = Database(data / "shelf.db")
        self.env = env | qstash.env | {"PUBLIC_URL": new_public_url(), "DATABASE_URL": self.database.url}
        self.folder, self.qstash, self.chance, self.web = folder, qstash, chance, Web()
        Migrations(folder, self.env).prepare(self.database, Waiter())
        for statement in COUNTED:
            self.database.execute(statement)
        self.services = [self.start(), self.start()]
        self.caller = self.services[0].must_run().sign_up()
        self.faults, self.saved, self.deliveries = qstash.faults, 0, 0

    def start(self) -> Service:
        """Start a process; it takes a moment to be ready."""
        return Service(self.folder, self.database.path.parent, env=self.env, waiter=Waiter())

    def kill_one(self) -> None:
        """Let one of the processes end in the middle of what it does, and start another."""
        self.faults["process killed"] += 1
        number = self.chance.randrange(2)
        self.services[number].close()
        self.services[number] = self.start()

    def one(self) -> Service:
        """Return one of the processes, ready to be asked."""
        return self.chance.choice(self.services).must_run()

    def save(self, jobs: int) -> None:
        """Save so many links, some at once; who gets no answer saves again, who gets another one than 201 does not."""
        for start in range(0, jobs, AT_ONCE):
            urls = [self.page(number) for number in range(start, min(start + AT_ONCE, jobs))]
            pending = [self.ask(self.one(), url) for url in urls]
            if self.chance.random() < SHARE / 4:
                self.kill_one()
            self.saved += sum(self.status(each, url) == 201 for each, url in zip(pending, urls, strict=True))

    def status(self, saving: Pending, url: str) -> int | None:
        """Return what a saving is answered in the end; one that broke off, and has left nothing, is made again."""
        while (status := saving.answer(60).status) is None:
            if self.database.rows("SELECT 1 FROM bookmarks WHERE url = ?", url):
                return None
            saving = self.ask(self.one(), url)
        return status

    def page(self, number: int) -> str:
        """Put up a page, one in five of them flaky, and return its URL."""
        flaky = self.chance.random() < SHARE
        self.faults["page out of order"] += flaky
        page = (Flaky if flaky else Page)(
            self.web, f"{self.web.origin}/{number}", Whole(b"<title>A page</title>"), 200, {"Content-Type": "text/html"}
        )
        self.web.pages[f"/{number}"] = page
        return page.url

    def ask(self, service: Service, url: str) -> Pending:
        """Begin to save a link."""
        caller = Caller(service, self.caller.username, self.caller.password, self.caller.token)
        return caller.start("POST", "/api/bookmarks/", json={"url": url})

    def deliver(self) -> None:
        """Deliver what waits, and go on until all is done or nothing happens any more."""
        last, since = self.undone(), time.monotonic()
        while last and time.monotonic() - since < PATIENCE:
            for messages in split(self.qstash.waiting):
                pending = [each for message in messages for each in self.begin(message)]
                if self.chance.random() < SHARE / 4:
                    self.kill_one()
                for each in pending:
                    each.answer(60)
            if (left := self.undone()) != last:
                last, since = left, time.monotonic()
            time.sleep(0.05)

    def begin(self, message: Message) -> Iterator[Pending]:
        """Begin to deliver a message, in one of the ways in which that can go wrong."""
        self.deliveries += 1
        faulty = len(message.answers) < 2 and self.chance.random() < SHARE
        kind = self.chance.choice(("twice at once", "answer lost", "replayed")) if faulty else ""
        self.faults.update([f"delivery: {kind}"] if kind else [])
        first = self.qstash.start(message, to=self.one().url)
        if kind == "answer lost":
            time.sleep(self.chance.uniform(0, 0.02))
            first.hang_up()
            return
        if kind == "twice at once":
            yield self.qstash.start(message, to=self.one().url)
        elif kind == "replayed":
            first.answer(60)
            self.qstash.replay(message, to=self.one().url)
        yield first

    def undone(self) -> int:
        """Return how many of the links that are there have not got what they lack."""
        return int(self.database.rows("SELECT count(*) FROM bookmarks WHERE snapshot_state IS NOT 'done'")[0][0])

    def without_title(self) -> int:
        """Return how many of the links that are there have no title in the end."""
        return int(self.database.rows("SELECT count(*) FROM bookmarks WHERE title = ''")[0][0])

    def effects(self) -> collections.Counter[int]:
        """Return how many links got their effect so many times."""
        rows = self.database.rows("SELECT (SELECT count(*) FROM effects WHERE bookmark_id = b.id) FROM bookmarks b")
        return collections.Counter(int(times) for (times,) in rows)

    def close(self) -> None:
        """End the processes and the web."""
        for service in self.services:
            service.close()
        self.web.close()


def split(messages: list[Message]) -> Iterator[list[Message]]:
    """Yield the messages, some at once."""
    for start in range(0, len(messages), AT_ONCE):
        yield messages[start : start + AT_ONCE]


@contextmanager
def solution() -> Iterator[Path]:
    """Yield a folder with the solution."""
    course = Course.here()
    with tempfile.TemporaryDirectory() as place:
        layout.lay_out(layout.solved(course, course.lesson(13)), Path(place) / "lesson_13")
        yield Path(place) / "lesson_13"


def report(run: Run, jobs: int, lines: Iterable[tuple[str, object]]) -> bool:
    """Print what was done and what came of it; return whether every effect came exactly once."""
    effects = run.effects()
    twice = sum(count for times, count in effects.items() if times > 1)
    found = {"links to be saved": jobs, "answered 201": run.saved, "in the database": effects.total()}
    found |= {"messages": len(run.qstash.messages), "deliveries": run.deliveries, **dict(lines)}
    found |= {"faults": run.faults.total(), **{f"  {name}": count for name, count in sorted(run.faults.items())}}
    found |= {"effect exactly once": effects[1], "effect never": effects[0], "effect more than once": twice}
    found |= {"without a title": run.without_title()}
    for name, value in found.items():
        print(f"{name:34}{value:>7}")
    return effects[1] == effects.total() >= run.saved > 0 == run.without_title()


def main() -> None:
    """Run it, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", type=Path, help="the folder of a Shelf of lesson 13; without it, the solution's")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with ExitStack() as stack:
        folder = asked.path or stack.enter_context(solution())
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run = Run(folder.resolve(), data, stack.enter_context(Unreliable(chance)), chance)
        stack.callback(run.close)
        began = time.monotonic()
        run.save(asked.jobs)
        run.deliver()
        fine = report(run, asked.jobs, [("seconds", round(time.monotonic() - began))])
    raise SystemExit(not fine)


if __name__ == "__main__":
    main()
