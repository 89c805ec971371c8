"""Routes about statistics: functions instead of a repository, small statements, and their sums in Python."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.dependencies import AccountDep
from shelf.bookmarks.models import Bookmark, bookmark_tags
from shelf.dependencies import SessionDep
from shelf.statistics.schemas import Day, DayList, Overview, TagList, TagShare
from shelf.tags.models import Tag

UTC = ZoneInfo("UTC")

router = APIRouter(prefix="/api/statistics", tags=["statistics"])


async def tagged(session: AsyncSession, owner_id: int) -> tuple[Counter[int], set[int]]:
    """Return how many bookmarks of an owner have each tag, by its id, and the ids of the bookmarks with any."""
    query = select(bookmark_tags.c.tag_id, bookmark_tags.c.bookmark_id).join(Bookmark)
    pairs = (await session.execute(query.where(Bookmark.owner_id == owner_id))).tuples().all()
    return Counter(tag for tag, _ in pairs), {bookmark for _, bookmark in pairs}


@router.get("/")
async def get_overview(session: SessionDep, account: AccountDep) -> Overview:
    """Return what there is, in numbers."""
    own = Bookmark.owner_id == account.id
    flags = (await session.execute(select(Bookmark.is_archived, Bookmark.unread).where(own))).tuples().all()
    dates = select(func.min(Bookmark.date_added), func.max(Bookmark.date_added)).where(own)
    first, last = (await session.execute(dates)).one()
    counts, with_tags = await tagged(session, account.id)
    return Overview(
        bookmarks=len(flags),
        archived=sum(archived for archived, _ in flags),
        unread=sum(unread for _, unread in flags),
        tags=len(counts),
        tagged_percent=100 * len(with_tags) // max(len(flags), 1),
        first_added=first,
        last_added=last,
    )


@router.get("/days/")
async def get_days(
    session: SessionDep,
    account: AccountDep,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    until: Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31))] = None,
    zone: ZoneInfo = UTC,
) -> DayList:
    """Return for each of the days up to `until`, by default today, how many bookmarks were added."""
    tomorrow = (until or datetime.now(zone).date()) + timedelta(days=1)
    dates = [tomorrow - timedelta(days=ago) for ago in range(days, 0, -1)]
    edges = [datetime.combine(day, time(), zone) for day in (dates[0], tomorrow)]
    own = select(Bookmark.date_added).where(Bookmark.owner_id == account.id)
    added = dict.fromkeys(dates, 0)
    for moment in await session.scalars(own.where(Bookmark.date_added >= edges[0], Bookmark.date_added < edges[1])):
        added[moment.astimezone(zone).date()] += 1
    return DayList(zone=str(zone), days=[Day(date=day, added=number) for day, number in added.items()])


@router.get("/tags/")
async def get_tags(
    session: SessionDep,
    account: AccountDep,
    prefix: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> TagList:
    """Return the tags that begin with `prefix`, the most used first."""
    whole = await session.scalar(select(func.count(Bookmark.id)).where(Bookmark.owner_id == account.id)) or 1
    counts, _ = await tagged(session, account.id)
    own = await session.scalars(select(Tag).where(Tag.owner_id == account.id))
    found = [tag for tag in own if tag.name_key.startswith(prefix.casefold())]
    found.sort(key=lambda tag: (-counts[tag.id], tag.name_key))
    return TagList(
        tags=[
            TagShare(name=tag.name, bookmarks=counts[tag.id], percent=100 * counts[tag.id] // whole)
            for tag in found[:limit]
        ]
    )
