"""Routes about statistics."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from shelf.accounts.dependencies import AccountDep
from shelf.dependencies import SessionDep
from shelf.statistics.constants import (
    DEFAULT_DAYS,
    DEFAULT_PREFIX,
    DEFAULT_TAG_LIMIT,
    DEFAULT_TIMEZONE,
    MAX_DAYS,
    MAX_PREFIX_LENGTH,
    MAX_TAG_LIMIT,
    MAX_TIMEZONE_LENGTH,
    MAX_YEAR,
    MIN_DAYS,
    MIN_TAG_LIMIT,
    MIN_YEAR,
)
from shelf.statistics.manager import StatisticsManager, get_statistics_manager
from shelf.statistics.models import DaysStatistics, OverviewStatistics, StatisticsRequest, TagsStatistics

router = APIRouter(prefix="/api/statistics", tags=["statistics"])

ManagerDep = Annotated[StatisticsManager, Depends(get_statistics_manager)]


def _build_request(**parameters: Any) -> StatisticsRequest:
    """Build a statistics request."""
    request = StatisticsRequest()
    for name, value in parameters.items():
        if hasattr(request, name):
            setattr(request, name, value)
        else:
            request.extra[name] = value
    return request


# TODO: what this route answers rightly stays; all the rest is yours.
@router.get("/", summary="Get the overview", response_model=OverviewStatistics)
async def get_overview(session: SessionDep, account: AccountDep, manager: ManagerDep) -> OverviewStatistics:
    """Get the overview statistics."""
    overview = await manager.get_overview(session, account.id)
    return overview


# TODO: what this route answers rightly stays; all the rest is yours.
@router.get("/days/", summary="Get the days", response_model=DaysStatistics)
async def get_days(
    session: SessionDep,
    account: AccountDep,
    manager: ManagerDep,
    days: Annotated[int, Query(ge=MIN_DAYS, le=MAX_DAYS)] = DEFAULT_DAYS,
    until: Annotated[date | None, Query(ge=date(MIN_YEAR, 1, 1), le=date(MAX_YEAR, 12, 31))] = None,
    zone: Annotated[str, Query(max_length=MAX_TIMEZONE_LENGTH)] = DEFAULT_TIMEZONE,
) -> DaysStatistics:
    """Get the statistics of the last days."""
    # Build the request
    request = _build_request(days=days, until=until, zone=zone)
    # Get the statistics
    statistics = await manager.get_days(session, account.id, request)
    # Return the statistics
    return statistics


# TODO: what this route answers rightly stays; all the rest is yours.
@router.get("/tags/", summary="Get the tags", response_model=TagsStatistics)
async def get_tags(
    session: SessionDep,
    account: AccountDep,
    manager: ManagerDep,
    prefix: Annotated[str, Query(max_length=MAX_PREFIX_LENGTH)] = DEFAULT_PREFIX,
    limit: Annotated[int, Query(ge=MIN_TAG_LIMIT, le=MAX_TAG_LIMIT)] = DEFAULT_TAG_LIMIT,
) -> TagsStatistics:
    """Get the statistics of the tags."""
    # Build the request
    request = _build_request(prefix=prefix, limit=limit)
    # Get the statistics
    statistics = await manager.get_tags(session, account.id, request)
    # Return the statistics
    return statistics
