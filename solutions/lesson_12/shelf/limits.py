"""Limits: how often somebody may ask, counted in Upstash Redis, so by all processes together."""

import asyncio
import logging
import math
import time
from dataclasses import dataclass

from upstash_ratelimit.asyncio import Ratelimit, SlidingWindow
from upstash_redis.asyncio import Redis

from shelf.config import Settings

ADDRESSES = 10
"""How many addresses it takes to use up the attempts that a name has."""
QUIET_SECONDS = 60
"""How long the log says nothing more after it has said that Redis does not answer."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, by the name that callers are told; 0 is no limit."""

    name: str
    most: int
    seconds: int


@dataclass(frozen=True)
class Share:
    """What is left of a limit for somebody, now that they have asked once more, and for how many seconds."""

    limit: Limit
    allowed: bool
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell it: RateLimit and RateLimit-Policy, and Retry-After if this was one too many."""
        name, most, window = self.limit.name, self.limit.most, self.limit.seconds
        told = {
            "RateLimit-Policy": f'"{name}";q={most};w={window}',
            "RateLimit": f'"{name}";r={self.left};t={self.seconds}',
        }
        return told if self.allowed else told | {"Retry-After": str(self.seconds)}


class Limits:
    """The limits of Shelf. Where Redis does not answer, everybody may ask, and the log says so."""

    def __init__(self, redis: Redis | None, settings: Settings) -> None:
        self.requests = Limit("requests", settings.rate_limit, settings.rate_seconds)
        self.log_ins = Limit("log-in", settings.login_limit, settings.login_seconds)
        self.log_ins_of_name = Limit("log-in-name", settings.login_limit * ADDRESSES, settings.login_seconds)
        self._redis = redis
        self._patience = settings.redis_seconds
        self._quiet_until = 0.0

    async def count(self, *counted: tuple[Limit, str]) -> Share | None:
        """Count one more for each limit and whoever it is that asks, in this order, up to one that is used up.

        Returns what is left of that one, otherwise of the first; None where nothing is limited, or nobody knows.
        """
        first: Share | None = None
        try:
            async with asyncio.timeout(self._patience):
                for limit, who in counted:
                    share = await self._count(limit, who)
                    if share is not None and not share.allowed:
                        return share
                    first = first or share
        except Exception as error:  # the client has no error of its own for an answer that makes no sense
            self._say(error)
            return None
        return first

    async def _count(self, limit: Limit, who: str) -> Share | None:
        if not limit.most:
            return None
        if self._redis is None:
            raise ConnectionError("no Redis is set up")
        window = SlidingWindow(max_requests=limit.most, window=limit.seconds)
        answer = await Ratelimit(self._redis, window, prefix=f"limit:{limit.name}").limit(who)
        # Rounded up: whoever comes back on the second must not be too early.
        seconds = max(1, math.ceil(answer.reset - time.time()))
        return Share(limit, answer.allowed, answer.remaining, seconds)

    def _say(self, error: Exception) -> None:
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + QUIET_SECONDS
            fields = {"error": type(error).__name__}
            logger.warning("rate limits are open: Redis does not answer", extra={"fields": fields})
