"""Stand-ins for what tests must not depend on: Upstash Redis, and the web."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp


class FakeRedis:
    """As much of Upstash Redis as Shelf's cache asks for: it keeps texts, and loses none."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.seconds: dict[str, int] = {}
        """The lifetime that each key was given."""
        self.down = False

    async def get(self, key: str) -> str | None:
        """Return what is kept under `key`."""
        self._answer()
        return self.kept.get(key)

    async def set(self, key: str, value: str, ex: int) -> bool:
        """Keep `value` under `key`, for `ex` seconds of a time that stands still."""
        self._answer()
        self.kept[key], self.seconds[key] = value, ex
        return True

    def _answer(self) -> None:
        if self.down:
            raise ConnectionError("Redis is down")


class FakeWeb:
    """The web, as Shelf's page reader asks for it: the pages are in `pages`, and nothing else can be reached."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        """HTML, by URL."""
        self.visits: Counter[str] = Counter()

    @asynccontextmanager
    async def get(self, url: str, **_: Any) -> AsyncIterator["FakeAnswer"]:
        """Visit a page."""
        self.visits[url] += 1
        if url not in self.pages:
            raise aiohttp.ClientConnectionError(f"no page at {url}")
        yield FakeAnswer(url, self.pages[url])


class FakeAnswer:
    """The answer of a page, as aiohttp gives it."""

    status = 200
    content_type = "text/html"
    charset = "utf-8"

    def __init__(self, url: str, html: str) -> None:
        self.url = url
        self.content = self
        self._html = html

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        yield self._html.encode()
