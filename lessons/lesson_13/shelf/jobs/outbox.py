"""The outbox: jobs that are to be told to QStash, beside the rows that they are about."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark
from shelf.jobs.models import Job
from shelf.jobs.publisher import Publisher

AT_ONCE = 50
"""How many jobs are claimed, and sent, in one go."""
RESEND = timedelta(days=1)
"""When a job is sent again that nobody has done: QStash has long given it up."""


# TODO: QStash hears of a job before the database has it, and whoever saves a bookmark waits for QStash.
class Outbox:
    """Jobs, as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession, publisher: Publisher | None = None) -> None:
        self._session = session
        self._publisher = publisher

    async def add(self, bookmark: Bookmark) -> None:
        """Order a snapshot of a bookmark's page: it will be sent if, and only if, this session commits."""
        bookmark.snapshot_state = "waiting"
        job = Job(bookmark_id=bookmark.id)
        self._session.add(job)
        await self._session.flush()
        if self._publisher:
            await self._publisher.publish([job.id])

    async def has_due(self) -> bool:
        """Say whether there are jobs to send; it takes a look, and no lock."""
        # TODO
        return False

    async def claim(self, lease: timedelta) -> Sequence[str]:
        """Take some jobs that are due, so that nobody else sends them before `lease` is over; return their ids."""
        # TODO
        return []

    async def postpone(self, job_ids: Sequence[str], by: timedelta) -> None:
        """Let jobs be due in so much time, those that are not done by now."""
        # TODO

    async def bookmark_of(self, job_id: str) -> Bookmark | None:
        """Return the bookmark that a job is about; None if the job is done, or given up, or the bookmark is gone."""
        return await self._session.scalar(_bookmark(job_id))

    async def remove(self, job_id: str) -> Bookmark | None:
        """Take a job out; return its bookmark, locked, to the one who took it out, and None to all others."""
        # TODO: everybody gets it.
        return await self.bookmark_of(job_id)


def _bookmark(job_id: str) -> Select[Bookmark]:
    return select(Bookmark).join(Job, Job.bookmark_id == Bookmark.id).where(Job.id == job_id)
