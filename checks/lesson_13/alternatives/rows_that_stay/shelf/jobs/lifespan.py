"""What jobs need for as long as an app runs."""

from asyncio import Event
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shelf.config import Settings
from shelf.jobs.publisher import Publisher, open_publisher
from shelf.jobs.signatures import Signatures


@dataclass(frozen=True)
class Jobs:
    """What one app has for its jobs: what tells QStash of them, and what knows its deliveries."""

    publisher: Publisher
    signatures: Signatures
    wanted: Event = field(default_factory=Event)


@asynccontextmanager
async def open_jobs(settings: Settings) -> AsyncIterator[Jobs | None]:
    """Open what jobs need, and close it in the end; None, and no jobs, if the settings do not name all of it."""
    account = settings.qstash()
    if account is None:
        yield None
        return
    async with open_publisher(account.url, account.token, account.public_url) as publisher:
        yield Jobs(publisher, Signatures(account.current_key, account.next_key, account.public_url))
