"""The relay: it is woken by commits, looks by itself now and then, and sends one job after the other."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from shelf.config import Settings
from shelf.database import Sessions
from shelf.jobs.lifespan import Jobs
from shelf.jobs.outbox import Outbox

logger = logging.getLogger(__name__)


async def send_one(jobs: Jobs, sessions: Sessions, job_id: str, lease: timedelta) -> None:
    """Send a job, unless somebody else does."""
    async with sessions.begin() as session:
        if not await Outbox(session).claim(job_id, lease):
            return
    try:
        await jobs.publisher.publish([job_id])
    except BaseException:
        async with sessions.begin() as session:
            await Outbox(session).release(job_id)
        raise
    async with sessions.begin() as session:
        await Outbox(session).sent(job_id)


async def relay(jobs: Jobs, sessions: Sessions, settings: Settings) -> None:
    """Send what is free, until cancelled."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.relay_seconds):
                await jobs.wanted.wait()
        jobs.wanted.clear()
        try:
            async with sessions() as session:
                free = await Outbox(session).free()
            for job_id in free:
                await send_one(jobs, sessions, job_id, timedelta(seconds=settings.lease_seconds))
        except Exception:
            logger.exception("not sent")


@asynccontextmanager
async def relaying(jobs: Jobs | None, sessions: Sessions, settings: Settings) -> AsyncIterator[None]:
    """Let a relay work meanwhile."""
    if jobs is None or not settings.relay_seconds:
        yield
        return
    task = asyncio.create_task(relay(jobs, sessions, settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
