"""The relay: it looks for jobs in the outbox, and tells QStash of them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from shelf.config import Settings
from shelf.database import Sessions
from shelf.jobs.lifespan import Jobs
from shelf.jobs.outbox import RESEND, Outbox
from shelf.jobs.publisher import NotSentError, Publisher

logger = logging.getLogger(__name__)


class Relay:
    """Sends what is due in the outbox. Several may work on one database, in as many processes."""

    def __init__(self, sessions: Sessions, publisher: Publisher, lease: timedelta) -> None:
        self._sessions = sessions
        self._publisher = publisher
        self._lease = lease

    async def send_some(self) -> int:
        """Send jobs that are due; return how many. Raise NotSentError if QStash did not take them: they are due again.

        No transaction is open while QStash is awaited. If this process ends there, they are due after the lease.
        """
        async with self._sessions() as session:
            if not await Outbox(session).has_due():  # one that finds nothing to do locks nothing
                return 0
        async with self._sessions.begin() as session:
            job_ids = await Outbox(session).claim(self._lease)
        if not job_ids:
            return 0
        wait = timedelta(0)
        try:
            await self._publisher.publish(job_ids)
            wait = RESEND
        finally:
            async with self._sessions.begin() as session:
                await Outbox(session).postpone(job_ids, wait)
        return len(job_ids)

    async def run(self, seconds: float) -> None:
        """Send what is due, every so many seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                while await self.send_some():
                    pass
            except NotSentError as error:
                logger.warning("QStash takes no jobs", extra={"fields": {"error": str(error)}})
            except Exception:
                logger.exception("the relay has failed, and goes on")  # nobody would notice that it has ended


@asynccontextmanager
async def relaying(jobs: Jobs | None, sessions: Sessions, settings: Settings) -> AsyncIterator[None]:
    """Let a relay work meanwhile, if there are jobs, and if this process is to send any."""
    if jobs is None or not settings.relay_seconds:
        yield
        return
    relay = Relay(sessions, jobs.publisher, timedelta(seconds=settings.lease_seconds))
    task = asyncio.create_task(relay.run(settings.relay_seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
