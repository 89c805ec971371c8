"""Counting the bookmarks of one owner."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.statistics.schemas import Overview, TagShare
from shelf.tags.models import Tag


class StatisticsRepository:
    """What the bookmarks of one owner amount to, as `session` sees them: of any others it knows nothing."""

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self._session = session
        self._own = Bookmark.owner_id == owner_id
        self._own_tags = Tag.owner_id == owner_id

    async def overview(self) -> Overview:
        """Return all that can be said in one number each."""
        tags = select(func.count(distinct(bookmark_tags.c.tag_id))).join(Bookmark).where(self._own)
        query = select(
            func.count().label("bookmarks"),
            func.count().filter(Bookmark.is_archived).label("archived"),
            func.count().filter(Bookmark.unread).label("unread"),
            func.count().filter(Bookmark.tags.any()).label("tagged"),  # a join would count once for each tag
            tags.scalar_subquery().label("tags"),
            func.min(Bookmark.date_added).label("first_added"),
            func.max(Bookmark.date_added).label("last_added"),
        )
        found = (await self._session.execute(query.where(self._own))).one()
        return Overview(
            bookmarks=found.bookmarks,
            archived=found.archived,
            unread=found.unread,
            tags=found.tags,
            tagged_percent=percent(found.tagged, found.bookmarks),
            first_added=found.first_added,
            last_added=found.last_added,
        )

    async def added(self, first: date, last: date, zone: ZoneInfo) -> Counter[date]:
        """Return how many bookmarks were added on each of these days, as they begin and end in `zone`."""
        begin = datetime.combine(first, time.min, zone)
        end = datetime.combine(last + timedelta(days=1), time.min, zone)
        query = select(Bookmark.date_added).where(self._own, Bookmark.date_added >= begin, Bookmark.date_added < end)
        return Counter(moment.astimezone(zone).date() for moment in await self._session.scalars(query))

    async def tags(self, prefix: str, limit: int) -> list[TagShare]:
        """Return at most `limit` of the tags that begin with `prefix`, in any case; those used most come first."""
        total = select(func.count()).select_from(Bookmark).where(self._own).scalar_subquery()
        count = func.count(bookmark_tags.c.bookmark_id)  # not of rows: a tag without bookmarks has one of those, too
        query = (
            select(Tag.name, count, total)
            .outerjoin(bookmark_tags)
            .where(self._own_tags, Tag.name_key.startswith(prefix.casefold(), autoescape=True))
            .group_by(Tag.id)
            .order_by(count.desc(), Tag.name_key)
            .limit(limit)
        )
        found = (await self._session.execute(query)).tuples()
        return [TagShare(name=name, bookmarks=part, percent=percent(part, whole)) for name, part, whole in found]


def percent(part: int, whole: int) -> int:
    """Return how many in a hundred that is, rounded down; 0 of nothing."""
    return 100 * part // whole if whole else 0
