"""Telling QStash what is to be done, a message for each job."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from qstash import AsyncQStash

SECONDS = 10
RETRIES = 4


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
            async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
                for job_id in job_ids:
                    group.create_task(self._publish_one(job_id))
        except (Exception, BaseExceptionGroup) as error:
            raise NotSentError(type(error).__name__) from error

    async def _publish_one(self, job_id: str) -> None:
        url = f"{self._public_url}/jobs/snapshot"
        await self._client.message.publish_json(
            url=url, body={"job_id": job_id}, retries=RETRIES, deduplication_id=job_id
        )


@asynccontextmanager
async def open_publisher(url: str, token: str, public_url: str) -> AsyncIterator[Publisher]:
    """Open a client of QStash, and close it in the end."""
    client = AsyncQStash(token, retry=False, base_url=url)
    try:
        yield Publisher(client, public_url)
    finally:
        await client.http._client.aclose()
