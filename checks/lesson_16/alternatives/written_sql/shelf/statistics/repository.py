"""Counting the bookmarks of one owner: in SQL that is written out, with every value as a parameter."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.database import UtcDateTime
from shelf.statistics.schemas import Overview, TagShare

OVERVIEW = text("""
    SELECT count(*) AS bookmarks,
           coalesce(sum(CASE WHEN is_archived THEN 1 ELSE 0 END), 0) AS archived,
           coalesce(sum(CASE WHEN unread THEN 1 ELSE 0 END), 0) AS unread,
           (SELECT count(DISTINCT tag_id) FROM bookmark_tags JOIN bookmarks AS own ON own.id = bookmark_id
             WHERE own.owner_id = :owner_id) AS tags,
           coalesce(100 * sum(CASE WHEN EXISTS (SELECT 1 FROM bookmark_tags WHERE bookmark_id = bookmarks.id)
                                   THEN 1 ELSE 0 END) / nullif(count(*), 0), 0) AS tagged_percent,
           min(date_added) AS first_added,
           max(date_added) AS last_added
      FROM bookmarks
     WHERE owner_id = :owner_id
""").columns(first_added=UtcDateTime, last_added=UtcDateTime)

ADDED = (
    text("SELECT date_added FROM bookmarks WHERE owner_id = :owner_id AND date_added >= :begin AND date_added < :end")
    .bindparams(bindparam("begin", type_=UtcDateTime), bindparam("end", type_=UtcDateTime))
    .columns(date_added=UtcDateTime)
)

TAGS = text("""
      SELECT tags.name, count(bookmark_id) AS bookmarks,
             coalesce(100 * count(bookmark_id) / nullif(
                 (SELECT count(*) FROM bookmarks WHERE owner_id = :owner_id), 0), 0) AS percent
        FROM tags LEFT JOIN bookmark_tags ON tag_id = tags.id
       WHERE tags.owner_id = :owner_id AND tags.name_key LIKE :pattern ESCAPE '!'
    GROUP BY tags.id, tags.name, tags.name_key
    ORDER BY count(bookmark_id) DESC, tags.name_key
       LIMIT :limit
""")


class StatisticsRepository:
    """What the bookmarks of one owner amount to, as `session` sees them: of any others it knows nothing."""

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self._session = session
        self._owner_id = owner_id

    async def overview(self) -> Overview:
        """Return all that can be said in one number each."""
        return Overview.model_validate((await self._rows(OVERVIEW))[0])

    async def added(self, first: date, last: date, zone: ZoneInfo) -> Counter[date]:
        """Return how many bookmarks were added on each of these days, as they begin and end in `zone`."""
        begin = datetime.combine(first, time.min, zone)
        end = datetime.combine(last + timedelta(days=1), time.min, zone)
        rows = await self._rows(ADDED, begin=begin, end=end)
        moments = [row["date_added"] for row in rows]
        return Counter(moment.astimezone(zone).date() for moment in moments if isinstance(moment, datetime))

    async def tags(self, prefix: str, limit: int) -> list[TagShare]:
        """Return at most `limit` of the tags that begin with `prefix`, in any case; those used most come first."""
        pattern = prefix.casefold().replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
        rows = await self._rows(TAGS, pattern=pattern, limit=limit)
        return [TagShare.model_validate(row) for row in rows]

    async def _rows(self, statement: Executable, **values: object) -> list[dict[str, object]]:
        found = await self._session.execute(statement, values | {"owner_id": self._owner_id})
        return [dict(row) for row in found.mappings()]
