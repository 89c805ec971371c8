"""The cache: what Shelf keeps in Upstash Redis for a while. Nothing in it is missed if it is gone."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError
from upstash_redis.asyncio import Redis

from shelf.config import Settings

JITTER = 0.1
"""The part of a lifetime that chance may take away."""
VERSION_SECONDS = 3600
"""How long a version is known: longer than anything is kept that was made under the one before."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


class NoAnswerError(Exception):
    """Redis has not answered, or nothing that makes sense."""


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[Redis | None]:
    """Open a client of Upstash Redis, and close it in the end; None if the settings name no database."""
    if settings.upstash_redis_rest_url is None or settings.upstash_redis_rest_token is None:
        yield None
        return
    token = settings.upstash_redis_rest_token.get_secret_value()
    # A retry comes after three seconds: by then the caller has long been answered without a cache.
    async with Redis(str(settings.upstash_redis_rest_url), token, rest_retries=0, allow_telemetry=False) as redis:
        yield redis


class Cache:
    """Keeps values in Redis for a while. Where Redis fails, nothing is found, kept or raised."""

    def __init__(self, redis: Redis | None, seconds: float) -> None:
        self._redis = redis
        self._seconds = seconds
        self._loading: dict[str, asyncio.Task[Any]] = {}
        self._owed: dict[str, str] = {}

    async def state(self) -> Literal["up", "down", "none"]:
        """Return whether Redis answers; "none" where there is none to ask."""
        if self._redis is None:
            return "none"
        try:
            await self._ask(lambda redis: redis.ping())
        except NoAnswerError:
            return "down"
        return "up"

    async def get(self, key: str, schema: TypeAdapter[T]) -> T | None:
        """Return what is kept under `key`; None if that is nothing, or nothing that `schema` knows."""
        with suppress(NoAnswerError, ValidationError):
            kept = await self._ask(lambda redis: redis.get(key))
            return schema.validate_json(kept) if kept is not None else None
        return None

    async def put(self, key: str, value: T, schema: TypeAdapter[T], seconds: float) -> None:
        """Keep `value` under `key` for so many seconds, or up to a tenth less, by chance."""
        lifetime = round(seconds * random.uniform(1 - JITTER, 1))  # noqa: S311  # nobody gains by guessing it
        text = schema.dump_json(value).decode()
        with suppress(NoAnswerError):
            await self._ask(lambda redis: redis.set(key, text, ex=lifetime))

    async def shared(self, key: str, load: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `load` returns. Whoever asks for the same key meanwhile gets that too, or its error."""
        task: asyncio.Task[T] | None = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(load())
            task.add_done_callback(lambda _: self._loading.pop(key))
        return await asyncio.shield(task)  # one that stops waiting does not stop the others

    async def version(self, name: str) -> str | None:
        """Return the version that things called `name` are in now; None if nobody knows."""
        if name in self._owed:
            await self.outdate(name)
        if name in self._owed:
            return None
        with suppress(NoAnswerError):
            return await self._ask(lambda redis: redis.get(f"version:{name}")) or "none yet"
        return None

    async def outdate(self, name: str) -> None:
        """Give things called `name` a new version: what was kept under the old one is never found again."""
        if self._redis is None:
            return
        # A count would begin anew where Redis has lost it, and meet what is kept under the same number.
        self._owed[name] = new = uuid4().hex
        with suppress(NoAnswerError):
            await self._ask(lambda redis: redis.set(f"version:{name}", new, ex=VERSION_SECONDS))
            if self._owed.get(name) == new:
                del self._owed[name]

    async def _ask(self, question: Callable[[Redis], Awaitable[T]]) -> T:
        """Return the answer of Redis; raise NoAnswerError if there is none in time, whatever the reason."""
        if self._redis is None:
            raise NoAnswerError
        try:
            async with asyncio.timeout(self._seconds):
                return await question(self._redis)
        except Exception as error:  # the client has no error of its own for an answer that makes no sense
            logger.warning("Redis does not answer", extra={"fields": {"error": type(error).__name__}})
            raise NoAnswerError from error
