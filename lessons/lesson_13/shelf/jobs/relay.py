"""The relay: it looks for jobs in the outbox, and tells QStash of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from shelf.config import Settings
from shelf.database import Sessions
from shelf.jobs.lifespan import Jobs
from shelf.jobs.publisher import Publisher


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
        # TODO
        return 0

    async def run(self, seconds: float) -> None:
        """Send what is due, every so many seconds, until it is cancelled."""
        # TODO: one failure ends it, and nobody notices.
        while True:
            await asyncio.sleep(seconds)
            await self.send_some()


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
