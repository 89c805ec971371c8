"""Telling QStash what is to be done."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from qstash import AsyncQStash
from qstash.message import BatchJsonRequest

SECONDS = 10
"""How long QStash may take for an answer."""


class NotSentError(Exception):
    """QStash has not taken the jobs, or has not said so."""


class Publisher:
    """Publishes jobs over `client`; QStash delivers them to the Shelf at `public_url`."""

    def __init__(self, client: AsyncQStash, public_url: str) -> None:
        self._client = client
        self._public_url = public_url

    async def publish(self, job_ids: Sequence[str]) -> None:
        """Tell QStash of jobs; raise NotSentError if it is not certain that it took them all."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._client.message.batch_json([self._message(job_id) for job_id in job_ids])
        except Exception as error:  # those of its HTTP library, of JSON, and a few of its own
            raise NotSentError(f"{type(error).__name__}: {error}") from error

    def _message(self, job_id: str) -> BatchJsonRequest:
        return {
            "url": f"{self._public_url}/jobs/snapshot",
            "failure_callback": f"{self._public_url}/jobs/failed",
            "deduplication_id": job_id,
            "body": {"job_id": job_id},
        }


@asynccontextmanager
async def open_publisher(url: str, token: str, public_url: str) -> AsyncIterator[Publisher]:
    """Open a client of QStash, and close it in the end."""
    # By itself it tries for half a minute. The jobs stay in the outbox: that is retry enough.
    client = AsyncQStash(token, retry=False, base_url=url)
    try:
        yield Publisher(client, public_url)
    finally:
        await client.http._client.aclose()  # the client itself has nothing to close it with
