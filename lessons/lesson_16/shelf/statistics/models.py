"""Models for the statistics module.

This module contains the models that are returned by the statistics endpoints.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shelf.statistics.constants import DEFAULT_TIMEZONE, ZERO


class BaseStatistics(BaseModel):
    """Base model for all statistics."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, validate_assignment=True)

    def to_dict(self) -> dict[str, Any]:
        """Convert the model to a dictionary."""
        return self.model_dump()


class OverviewStatistics(BaseStatistics):
    """Model for the overview statistics."""

    bookmarks: int = Field(default=ZERO, description="The number of bookmarks")
    archived: int = Field(default=ZERO, description="The number of archived bookmarks")
    unread: int = Field(default=ZERO, description="The number of unread bookmarks")
    tags: int = Field(default=ZERO, description="The number of tags")
    tagged_percent: int = Field(default=ZERO, description="The percentage of tagged bookmarks")
    first_added: datetime | None = Field(default=None, description="The date of the first bookmark")
    last_added: datetime | None = Field(default=None, description="The date of the last bookmark")

    @classmethod
    def empty(cls) -> "OverviewStatistics":
        """Create empty overview statistics."""
        return cls()


class DayStatistics(BaseStatistics):
    """Model for the statistics of a single day."""

    date: str = Field(default="", description="The date of the day")
    added: int = Field(default=ZERO, description="The number of added bookmarks")


class DaysStatistics(BaseStatistics):
    """Model for the statistics of several days."""

    zone: str = Field(default=DEFAULT_TIMEZONE, description="The time zone")
    days: list[DayStatistics] = Field(default_factory=list, description="The days")

    @classmethod
    def empty(cls) -> "DaysStatistics":
        """Create empty days statistics."""
        return cls()


class TagStatistics(BaseStatistics):
    """Model for the statistics of a single tag."""

    name: str = Field(default="", description="The name of the tag")
    bookmarks: int = Field(default=ZERO, description="The number of bookmarks")
    percent: int = Field(default=ZERO, description="The percentage of bookmarks")


class TagsStatistics(BaseStatistics):
    """Model for the statistics of several tags."""

    tags: list[TagStatistics] = Field(default_factory=list, description="The tags")

    @classmethod
    def empty(cls) -> "TagsStatistics":
        """Create empty tags statistics."""
        return cls()


@dataclass
class StatisticsRequest:
    """Parameters of a statistics request."""

    days: int = ZERO
    until: date | None = None
    zone: str = DEFAULT_TIMEZONE
    prefix: str = ""
    limit: int = ZERO
    extra: dict[str, Any] = field(default_factory=dict)
