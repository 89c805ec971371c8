"""The cache: what Shelf keeps in Upstash Redis for a while. Nothing in it is missed if it is gone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from upstash_redis.asyncio import Redis

from shelf.config import Settings

JITTER = 0.1
"""The part of a lifetime that chance may take away."""
VERSION_SECONDS = 3600
"""How long a version is known: longer than anything is kept that was made under the one before."""

T = TypeVar("T")


class NoAnswerError(Exception):
    """Redis has not answered, or nothing that makes sense."""


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[Redis | None]:
    """Open a client of Upstash Redis, and close it in the end; None if the settings name no database."""
    if settings.upstash_redis_rest_url is None or settings.upstash_redis_rest_token is None:
        yield None
        return
    token = settings.upstash_redis_rest_token.get_secret_value()
    # TODO: by itself, this client tries again after three seconds, and sends telemetry.
    async with Redis(str(settings.upstash_redis_rest_url), token) as redis:
        yield redis


class Cache:
    """Keeps values in Redis for a while. Where Redis fails, nothing is found, kept or raised."""

    def __init__(self, redis: Redis | None, seconds: float) -> None:
        # TODO: what has to be remembered from one request to the next?
        self._redis = redis
        self._seconds = seconds

    async def get(self, key: str, schema: TypeAdapter[T]) -> T | None:
        """Return what is kept under `key`; None if that is nothing, or nothing that `schema` knows."""
        # TODO: what comes back is not what went in.
        try:
            return cast("T", await self._ask(lambda redis: redis.get(key)))
        except NoAnswerError:
            return None

    async def put(self, key: str, value: T, schema: TypeAdapter[T], seconds: float) -> None:
        """Keep `value` under `key` for so many seconds, or up to a tenth less, by chance."""
        # TODO: what is kept at one moment ends at one moment.
        kept = schema.dump_python(value, mode="json")
        with suppress(NoAnswerError):
            await self._ask(lambda redis: redis.set(key, kept, ex=round(seconds)))

    async def shared(self, key: str, load: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `load` returns. Whoever asks for the same key meanwhile gets that too, or its error."""
        # TODO: fifty who ask at once load fifty times.
        return await load()

    async def version(self, name: str) -> str | None:
        """Return the version that things called `name` are in now; None if nobody knows."""
        # TODO
        return "the first and only"

    async def outdate(self, name: str) -> None:
        """Give things called `name` a new version: what was kept under the old one is never found again."""
        # TODO: also for those that Redis could not be told about.

    async def _ask(self, question: Callable[[Redis], Awaitable[T]]) -> T:
        """Return the answer of Redis; raise NoAnswerError if there is none in time, whatever the reason."""
        # TODO: Redis can be down, slow, or talk nonsense.
        if self._redis is None:
            raise NoAnswerError
        return await question(self._redis)
