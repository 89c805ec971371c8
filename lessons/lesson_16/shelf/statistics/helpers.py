"""Helper functions for the statistics module.

This module contains various helper functions that are used across the statistics module.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from shelf.errors import InvalidError
from shelf.statistics.constants import DATE_FORMAT, DATETIME_FORMAT, DEFAULT_TIMEZONE, PERCENT_MULTIPLIER, ZERO

T = TypeVar("T")


def safe_int(value: Any, default: int = ZERO) -> int:
    """Safely convert a value to an integer."""
    if value is None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def safe_get(values: Sequence[T], index: int, default: T | None = None) -> T | None:
    """Safely get a value from a sequence."""
    try:
        return values[index]
    except IndexError:
        return default


def is_empty(value: Any) -> bool:
    """Check whether a value is empty."""
    return value is None or value in ("", [], {})


def calculate_percentage(part: int, whole: int) -> int:
    """Calculate the percentage of a part of a whole."""
    return part * PERCENT_MULTIPLIER // whole


def chunk_list(values: list[T], size: int) -> Iterator[list[T]]:
    """Split a list into chunks of the given size."""
    for index in range(0, len(values), size):
        yield values[index : index + size]


def resolve_timezone(name: str | None) -> ZoneInfo:
    """Resolve a time zone by its name."""
    # Use the default time zone if no name was given
    if is_empty(name):
        return ZoneInfo(DEFAULT_TIMEZONE)
    try:
        return ZoneInfo(str(name))
    except Exception as error:
        raise InvalidError("there is no such time zone") from error


def format_date(value: date | datetime) -> str:
    """Format a date."""
    return value.strftime(DATE_FORMAT)


def format_datetime(value: datetime | None) -> str | None:
    """Format a datetime."""
    if value is None:
        return None
    return value.strftime(DATETIME_FORMAT)


def date_range(start: date, days: int) -> list[date]:
    """Create a list of consecutive dates."""
    dates = []
    for offset in range(days):
        dates.append(start + timedelta(days=offset))
    return dates


def sanitize_prefix(prefix: str | None) -> str:
    """Sanitize a prefix so that it can safely be used in a query."""
    # Use an empty prefix if no prefix was given
    if prefix is None:
        return ""
    # Remove everything that could be dangerous
    sanitized = prefix.casefold()
    for dangerous in (";", "--", "/*", "*/"):
        sanitized = sanitized.replace(dangerous, "")
    return sanitized
