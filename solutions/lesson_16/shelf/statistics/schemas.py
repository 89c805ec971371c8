"""What is answered about bookmarks as a whole."""

from datetime import date, datetime

from pydantic import BaseModel


class Overview(BaseModel):
    """All bookmarks of an owner, archived ones too: how many, with how many tags, and since when."""

    bookmarks: int
    archived: int
    unread: int
    tags: int
    tagged_percent: int
    first_added: datetime | None
    last_added: datetime | None


class Day(BaseModel):
    """A day, and how many bookmarks were added on it."""

    date: date
    added: int


class DayList(BaseModel):
    """Days that follow one another, each as it begins and ends in this zone."""

    zone: str
    days: list[Day]


class TagShare(BaseModel):
    """A tag, how many bookmarks have it, and how many in a hundred."""

    name: str
    bookmarks: int
    percent: int


class TagList(BaseModel):
    """Tags, the most used first."""

    tags: list[TagShare]
