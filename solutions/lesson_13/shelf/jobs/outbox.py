"""The outbox: jobs that are to be told to QStash, beside the rows that they are about."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, now
from shelf.jobs.models import Job

AT_ONCE = 50
"""How many jobs are claimed, and sent, in one go."""
RESEND = timedelta(days=1)
"""When a job is sent again that nobody has done: QStash has long given it up."""


class Outbox:
    """Jobs, as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, bookmark: Bookmark) -> None:
        """Order a snapshot of a bookmark's page: it will be sent if, and only if, this session commits."""
        bookmark.snapshot_state = "waiting"
        self._session.add(Job(bookmark_id=bookmark.id))
        await self._session.flush()

    async def has_due(self) -> bool:
        """Say whether there are jobs to send; it takes a look, and no lock."""
        return bool(await self._session.scalar(select(exists().where(Job.due_at <= now()))))

    async def claim(self, lease: timedelta) -> Sequence[str]:
        """Take some jobs that are due, so that nobody else sends them before `lease` is over; return their ids."""
        due = Job.due_at <= now()
        some = select(Job.id).where(due).order_by(Job.due_at).limit(AT_ONCE).with_for_update(skip_locked=True)
        # Asked twice, inside and outside: of two processes that chose the same rows, one must come too late.
        taken = update(Job).where(Job.id.in_(some), due).values(due_at=now() + lease).returning(Job.id)
        return (await self._session.scalars(taken)).all()

    async def postpone(self, job_ids: Sequence[str], by: timedelta) -> None:
        """Let jobs be due in so much time, those that are not done by now."""
        await self._session.execute(update(Job).where(Job.id.in_(job_ids)).values(due_at=now() + by))

    async def bookmark_of(self, job_id: str) -> Bookmark | None:
        """Return the bookmark that a job is about; None if the job is done, or given up, or the bookmark is gone."""
        return await self._session.scalar(_bookmark(job_id))

    async def remove(self, job_id: str) -> Bookmark | None:
        """Take a job out; return its bookmark, locked, to the one who took it out, and None to all others."""
        # The bookmark, then its job: whoever deletes a bookmark locks them in this order, too.
        bookmark = await self._session.scalar(_bookmark(job_id).with_for_update(of=Bookmark))
        taken = delete(Job).where(Job.id == job_id).returning(Job.id)
        if bookmark is None or await self._session.scalar(taken) is None:
            return None
        await self._session.refresh(bookmark)  # SQLite has locked nothing before the DELETE
        return bookmark


def _bookmark(job_id: str) -> Select[Bookmark]:
    return select(Bookmark).join(Job, Job.bookmark_id == Bookmark.id).where(Job.id == job_id)
