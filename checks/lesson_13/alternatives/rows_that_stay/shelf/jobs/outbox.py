"""The outbox: rows that stay, and say how far each job is."""

from asyncio import Event
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, event, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, now
from shelf.jobs.models import Job

OPEN = ("new", "sent")


class Outbox:
    """Jobs, as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession, wanted: Event | None = None) -> None:
        self._session = session
        self._wanted = wanted

    async def add(self, bookmark: Bookmark) -> None:
        """Order a snapshot of a bookmark's page, and wake the relay when that is committed."""
        bookmark.snapshot_state = "waiting"
        self._session.add(Job(bookmark_id=bookmark.id))
        await self._session.flush()
        if self._wanted:
            wanted = self._wanted
            event.listen(self._session.sync_session, "after_commit", lambda _: wanted.set(), once=True)

    async def free(self) -> Sequence[str]:
        """Return ids of jobs that nobody is sending."""
        return (await self._session.scalars(select(Job.id).where(self._free()).limit(20))).all()

    async def claim(self, job_id: str, lease: timedelta) -> bool:
        """Take a job; False if somebody else has taken it."""
        taken = update(Job).where(Job.id == job_id, self._free()).values(claimed_until=now() + lease)
        return await self._session.scalar(taken.returning(Job.id)) is not None

    async def sent(self, job_id: str) -> None:
        """Note that a job was sent."""
        await self._session.execute(update(Job).where(Job.id == job_id, Job.state == "new").values(state="sent"))

    async def release(self, job_id: str) -> None:
        """Note that a job was not sent."""
        await self._session.execute(update(Job).where(Job.id == job_id).values(claimed_until=None))

    async def bookmark_of(self, job_id: str) -> Bookmark | None:
        """Return the bookmark that an open job is about."""
        query = select(Bookmark).join(Job, Job.bookmark_id == Bookmark.id)
        return await self._session.scalar(query.where(Job.id == job_id, Job.state.in_(OPEN)))

    async def remove(self, job_id: str, state: str = "done") -> Bookmark | None:
        """End a job; return its bookmark to the one who ended it."""
        ended = update(Job).where(Job.id == job_id, Job.state.in_(OPEN)).values(state=state).returning(Job.bookmark_id)
        number = await self._session.scalar(ended)
        query = select(Bookmark).where(Bookmark.id == number).with_for_update()
        return await self._session.scalar(query) if number is not None else None

    def _free(self) -> ColumnElement[bool]:
        return (Job.state == "new") & or_(Job.claimed_until.is_(None), Job.claimed_until < now())
