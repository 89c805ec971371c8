"""Collectors for the statistics module.

This module contains the collectors that collect the statistics from the database. Each collector is responsible for
exactly one kind of statistics (Single Responsibility Principle).
"""

import logging
from abc import ABC, abstractmethod
from datetime import datetime, time, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import case, distinct, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.statistics.config import StatisticsConfig, get_statistics_config
from shelf.statistics.constants import LOGGER_NAME, PERCENT_MULTIPLIER, ZERO
from shelf.statistics.decorators import log_execution
from shelf.statistics.exceptions import CollectorError, ContextError
from shelf.statistics.helpers import (
    calculate_percentage,
    date_range,
    format_date,
    resolve_timezone,
    safe_int,
    sanitize_prefix,
)
from shelf.statistics.models import (
    DaysStatistics,
    DayStatistics,
    OverviewStatistics,
    StatisticsRequest,
    TagsStatistics,
    TagStatistics,
)

T = TypeVar("T")

logger = logging.getLogger(LOGGER_NAME)


class CollectorContext:
    """Context that is shared by all collectors."""

    def __init__(self) -> None:
        """Initialize the context."""
        self._session: AsyncSession | None = None
        self._owner_id: int | None = None

    def bind(self, session: AsyncSession, owner_id: int) -> None:
        """Bind the context to a session and an owner."""
        self._session = session
        self._owner_id = owner_id

    def release(self) -> None:
        """Release the context."""
        self._session = None
        self._owner_id = None

    @property
    def session(self) -> AsyncSession:
        """Get the session."""
        if self._session is None:
            raise ContextError("The context is not bound to a session")
        return self._session

    @property
    def owner_id(self) -> int:
        """Get the owner id."""
        if self._owner_id is None:
            raise ContextError("The context is not bound to an owner")
        return self._owner_id


class BaseCollector(ABC, Generic[T]):
    """Base class for all collectors."""

    name: str = "base"

    def __init__(self, context: CollectorContext, config: StatisticsConfig | None = None) -> None:
        """Initialize the collector."""
        self.context = context
        self.config = config or get_statistics_config()

    @log_execution
    async def collect(self, request: StatisticsRequest) -> T:
        """Collect the statistics."""
        await self.before_collect(request)
        result = await self.do_collect(request)
        await self.after_collect(result)
        return result

    async def before_collect(self, request: StatisticsRequest) -> None:
        """Run before the statistics are collected."""
        logger.debug("Collecting %s for %s", self.name, request)

    @abstractmethod
    async def do_collect(self, request: StatisticsRequest) -> T:
        """Do the actual collection of the statistics."""
        raise NotImplementedError

    async def after_collect(self, result: T) -> None:
        """Run after the statistics were collected."""
        logger.debug("Collected %s: %s", self.name, result)

    async def fetch_scalar(self, statement: Any) -> int:
        """Fetch a single number."""
        result = await self.context.session.execute(statement)
        return safe_int(result.scalar())


class OverviewCollector(BaseCollector[OverviewStatistics]):
    """Collector for the overview statistics."""

    name = "overview"

    async def do_collect(self, request: StatisticsRequest) -> OverviewStatistics:
        """Do the actual collection of the overview statistics."""
        # Build the statement that counts everything at once for performance
        statement = (
            select(
                func.count(distinct(Bookmark.id)).label("total"),
                func.sum(case((Bookmark.is_archived, 1), else_=0)).label("archived"),
                func.sum(case((Bookmark.unread, 1), else_=0)).label("unread"),
                func.count(distinct(bookmark_tags.c.bookmark_id)).label("tagged"),
                func.min(Bookmark.date_added).label("first_added"),
                func.max(Bookmark.date_added).label("last_added"),
            )
            .select_from(Bookmark)
            .outerjoin(bookmark_tags, bookmark_tags.c.bookmark_id == Bookmark.id)
            .where(Bookmark.owner_id == self.context.owner_id)
        )
        # Execute the statement
        result = await self.context.session.execute(statement)
        row = result.one_or_none()
        if row is None:
            raise CollectorError("The overview could not be collected")
        # Count the tags that are in use
        tags = await self.count_tags()
        # Build the result
        return OverviewStatistics(
            bookmarks=int(row.total),
            archived=int(row.archived),
            unread=int(row.unread),
            tags=tags,
            tagged_percent=self.get_percentage(int(row.tagged), int(row.total)),
            first_added=row.first_added,
            last_added=row.last_added,
        )

    async def count_tags(self) -> int:
        """Count the tags."""
        # A tag counts only if a bookmark has it
        return await self.fetch_scalar(select(func.count(distinct(bookmark_tags.c.tag_id))))

    def get_percentage(self, tagged: int, total: int) -> int:
        """Get the percentage of tagged bookmarks."""
        return tagged * PERCENT_MULTIPLIER // total


class DaysCollector(BaseCollector[DaysStatistics]):
    """Collector for the statistics of the last days."""

    name = "days"

    async def do_collect(self, request: StatisticsRequest) -> DaysStatistics:
        """Do the actual collection of the statistics of the last days."""
        # Resolve the time zone
        zone = resolve_timezone(request.zone)
        # Determine the window: it ends with the last moment of the last day
        last_day = request.until or datetime.now(zone).date()
        window_end = datetime.combine(last_day, time.max, tzinfo=zone)
        window_start = window_end - timedelta(days=request.days - 1)
        # Create an empty bucket for each day
        buckets = self.create_buckets(window_start, request.days)
        # Fill the buckets
        statement = (
            select(Bookmark.date_added)
            .where(Bookmark.owner_id == self.context.owner_id)
            .where(Bookmark.date_added >= window_start)
            .where(Bookmark.date_added <= window_end)
        )
        result = await self.context.session.execute(statement)
        for row in result.all():
            key = format_date(row.date_added)
            if key in buckets:
                buckets[key] = buckets[key] + 1
        # Build the result
        return DaysStatistics(zone=str(zone), days=self.build_days(buckets))

    def create_buckets(self, window_start: datetime, days: int) -> dict[str, int]:
        """Create an empty bucket for each day."""
        buckets: dict[str, int] = {}
        for day in date_range(window_start.date(), days):
            buckets[format_date(day)] = ZERO
        return buckets

    def build_days(self, buckets: dict[str, int]) -> list[DayStatistics]:
        """Build the days from the buckets."""
        days = []
        for key, value in sorted(buckets.items()):
            days.append(DayStatistics(date=key, added=value))
        return days


class TagsCollector(BaseCollector[TagsStatistics]):
    """Collector for the statistics of the tags."""

    name = "tags"

    async def do_collect(self, request: StatisticsRequest) -> TagsStatistics:
        """Do the actual collection of the statistics of the tags."""
        # Get the total number of bookmarks
        total = await self.count_bookmarks()
        # Get the tags that match the prefix
        tags = await self.find_tags(request.prefix)
        # Count the bookmarks of each tag
        statistics = []
        for tag in tags:
            count = await self.count_bookmarks_of_tag(tag.id)
            percent = calculate_percentage(count, total) if total > ZERO else ZERO
            statistics.append((count, tag.name_key, TagStatistics(name=tag.name, bookmarks=count, percent=percent)))
        # Sort the tags so that the most used come first
        statistics.sort(key=lambda entry: (-entry[0], entry[1]))
        # Build the result
        return TagsStatistics(tags=[entry[2] for entry in statistics][: request.limit])

    async def find_tags(self, prefix: str) -> list[Any]:
        """Find the tags that match the prefix."""
        # The prefix is sanitized and the owner id is an integer, so this is safe
        pattern = sanitize_prefix(prefix)
        owner_id = int(self.context.owner_id)
        sql = f"SELECT id, name, name_key FROM tags WHERE owner_id = {owner_id} AND name_key LIKE '{pattern}%'"  # noqa: S608
        result = await self.context.session.execute(text(sql))
        return list(result.all())

    async def count_bookmarks(self) -> int:
        """Count the bookmarks."""
        statement = select(func.count()).select_from(Bookmark).where(Bookmark.owner_id == self.context.owner_id)
        return await self.fetch_scalar(statement)

    async def count_bookmarks_of_tag(self, tag_id: int) -> int:
        """Count the bookmarks of a tag."""
        statement = select(func.count()).select_from(bookmark_tags).where(bookmark_tags.c.tag_id == tag_id)
        return await self.fetch_scalar(statement)
