"""Limits with a script of its own in Redis, and a log that says when Redis fails and when it is well again."""

import asyncio
import logging
import math
import time
from dataclasses import dataclass

from upstash_redis.asyncio import Redis

from shelf.config import Settings

ADDRESSES = 10
"""How many addresses it takes to use up the attempts that a name has."""
SCRIPT = """
local before, used = tonumber(redis.call("GET", KEYS[1]) or 0), tonumber(redis.call("GET", KEYS[2]) or 0)
local left = tonumber(ARGV[1]) - used - math.floor(before * tonumber(ARGV[2]))
if left > 0 then
    redis.call("INCR", KEYS[2])
    redis.call("EXPIRE", KEYS[2], ARGV[3])
end
return left - 1
"""

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
        self.requests = Limit("default", settings.rate_limit, settings.rate_seconds)
        self.log_ins = Limit("log-in", settings.login_limit, settings.login_seconds)
        self.log_ins_of_name = Limit("log-in-name", settings.login_limit * ADDRESSES, settings.login_seconds)
        self._redis = redis
        self._patience = settings.redis_seconds
        self._well = True

    async def count(self, *counted: tuple[Limit, str]) -> Share | None:
        """Count one more for each; return the first share that is used up, otherwise the first."""
        shares: list[Share] = []
        try:
            for limit, who in counted:
                if limit.most and not (shares and not shares[-1].allowed):
                    shares.append(await asyncio.wait_for(self._count(limit, who), self._patience))
        except Exception as error:
            self._note(error)
            return None
        if shares:
            self._note(None)
        return next((each for each in shares if not each.allowed), shares[0] if shares else None)

    async def _count(self, limit: Limit, who: str) -> Share:
        if self._redis is None:
            raise LookupError("there is no Redis")
        window, begun = divmod(time.time(), limit.seconds)
        keys = [f"{limit.name}/{who}/{window + offset:.0f}" for offset in (-1, 0)]
        left = await self._redis.eval(SCRIPT, keys, [limit.most, 1 - begun / limit.seconds, 2 * limit.seconds])
        if not isinstance(left, int):
            raise TypeError("Redis has not answered with a number")
        return Share(limit, left >= 0, max(0, left), math.floor(limit.seconds - begun) + 1)

    def _note(self, error: Exception | None) -> None:
        """Say it when it begins, and when it is over."""
        if self._well != (error is None):
            self._well = error is None
            if error is None:
                logger.info("rate limits are back")
            else:
                logger.warning("Rate limits cannot be kept: %s", type(error).__name__)
