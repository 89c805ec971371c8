"""Counting the bookmarks of one owner: the database counts the days, too, each as a column of one row."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.statistics.schemas import Overview, TagShare
from shelf.tags.models import Tag


class StatisticsRepository:
    """What the bookmarks of one owner amount to, as `session` sees them: of any others it knows nothing."""

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self._session = session
        self._owner_id = owner_id

    async def overview(self) -> Overview:
        """Return all that can be said in one number each."""
        # One row for each bookmark, with the number of its tags; only then are they summed up.
        tagged = select(bookmark_tags.c.bookmark_id).distinct().subquery()
        query = (
            select(
                func.count(Bookmark.id),
                func.coalesce(func.sum(case((Bookmark.is_archived, 1), else_=0)), 0),
                func.coalesce(func.sum(case((Bookmark.unread, 1), else_=0)), 0),
                func.count(tagged.c.bookmark_id),
                func.min(Bookmark.date_added),
                func.max(Bookmark.date_added),
            )
            .outerjoin(tagged, tagged.c.bookmark_id == Bookmark.id)
            .where(Bookmark.owner_id == self._owner_id)
        )
        bookmarks, archived, unread, with_tags, first, last = (await self._session.execute(query)).one()
        used = select(bookmark_tags.c.tag_id).where(bookmark_tags.c.tag_id == Tag.id).exists()
        tags = await self._session.scalar(select(func.count(Tag.id)).where(Tag.owner_id == self._owner_id, used))
        return Overview(
            bookmarks=bookmarks,
            archived=archived,
            unread=unread,
            tags=tags or 0,
            tagged_percent=with_tags * 100 // max(bookmarks, 1),
            first_added=first,
            last_added=last,
        )

    async def added(self, first: date, last: date, zone: ZoneInfo) -> dict[date, int]:
        """Return how many bookmarks were added on each of these days, as they begin and end in `zone`."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        edges = [datetime.combine(day, time.min, zone) for day in [*days, last + timedelta(days=1)]]
        columns = [
            func.count(case((and_(Bookmark.date_added >= begin, Bookmark.date_added < end), 1)))
            for begin, end in pairwise(edges)
        ]
        found = (await self._session.execute(select(*columns).where(Bookmark.owner_id == self._owner_id))).one()
        return dict(zip(days, found, strict=True))

    async def tags(self, prefix: str, limit: int) -> list[TagShare]:
        """Return at most `limit` of the tags that begin with `prefix`, in any case; those used most come first."""
        total = await self._session.scalar(select(func.count(Bookmark.id)).where(Bookmark.owner_id == self._owner_id))
        count = select(func.count()).where(bookmark_tags.c.tag_id == Tag.id).scalar_subquery().label("bookmarks")
        start = prefix.casefold()
        query = (
            select(Tag.name, count)
            .where(Tag.owner_id == self._owner_id, func.substr(Tag.name_key, 1, len(start)) == start)
            .order_by(count.desc(), Tag.name_key)
            .limit(limit)
        )
        found = (await self._session.execute(query)).tuples()
        return [TagShare(name=name, bookmarks=part, percent=part * 100 // (total or 1)) for name, part in found]
