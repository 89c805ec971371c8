"""Routes about statistics."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from shelf.accounts.dependencies import AccountDep
from shelf.dependencies import SessionDep
from shelf.statistics.repository import StatisticsRepository
from shelf.statistics.schemas import Day, DayList, Overview, TagList

Days = Annotated[int, Query(ge=1, le=366)]
Until = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
Prefix = Annotated[str, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=100)]
UTC = ZoneInfo("UTC")

router = APIRouter(prefix="/api/statistics", tags=["statistics"])


async def get_statistics(session: SessionDep, account: AccountDep) -> StatisticsRepository:
    """Return the statistics of whoever is asking, as the session of this request sees them."""
    return StatisticsRepository(session, account.id)


StatisticsDep = Annotated[StatisticsRepository, Depends(get_statistics)]


@router.get("/")
async def get_overview(statistics: StatisticsDep) -> Overview:
    """Return what there is, in numbers."""
    return await statistics.overview()


@router.get("/days/")
async def get_days(statistics: StatisticsDep, days: Days = 30, until: Until = None, zone: ZoneInfo = UTC) -> DayList:
    """Return for each of the days up to `until`, by default today, how many bookmarks were added."""
    last = until or datetime.now(zone).date()
    first = last - timedelta(days=days - 1)
    added = await statistics.added(first, last, zone)
    dates = (first + timedelta(days=number) for number in range(days))
    return DayList(zone=zone.key, days=[Day(date=day, added=added[day]) for day in dates])


@router.get("/tags/")
async def get_tags(statistics: StatisticsDep, prefix: Prefix = "", limit: Limit = 10) -> TagList:
    """Return the tags that begin with `prefix`, the most used first."""
    return TagList(tags=await statistics.tags(prefix, limit))
