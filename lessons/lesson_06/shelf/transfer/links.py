"""A link of a bookmark file, as its tags and texts spell it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from shelf.bookmarks.schemas import BookmarkCreate

TITLE_LENGTH = 512
TEXT_LENGTH = 10_000
TAG_LENGTH = 64


class Link(BookmarkCreate):
    """A bookmark that a file brings; `date_added` is None where the file gives no date."""

    date_added: datetime | None


def link_from(values: Mapping[str, str], folders: Sequence[str], title: str, description: str) -> Link | None:
    """Return the link that these attributes (names in small letters) and texts describe.

    None if Shelf would not save it: it has no URL, or one that is not for the web. Raises ValueError for a bad date.
    """
    names = [*folders, *values.get("tags", "").split(",")]
    try:
        return Link(
            url=values.get("href", ""),
            title=title.strip()[:TITLE_LENGTH],
            description=description.strip()[:TEXT_LENGTH],
            notes=values.get("notes", "")[:TEXT_LENGTH],
            is_archived=values.get("archived") == "1",
            unread=values.get("toread") == "1",
            shared=values.get("private") == "0",
            tag_names=[name.strip()[:TAG_LENGTH] for name in names],
            date_added=date_from(values.get("add_date", "")),
        )
    except ValidationError:
        return None


def date_from(seconds: str) -> datetime | None:
    """Return the date so many seconds after the beginning of 1970; None for none or 0. Raises ValueError."""
    try:
        number = int(seconds or "0")
        return datetime.fromtimestamp(number, UTC) if number else None
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{seconds[:40]!r} is no date: ADD_DATE counts seconds since 1970") from None
