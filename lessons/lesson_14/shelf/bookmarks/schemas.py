"""Bookmarks on their way in and on their way out."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import MISSING, AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints

LARGEST = 2**31 - 1  # what an INTEGER of PostgreSQL can count to


def _as_it_came(url: str) -> str:
    """Return `url` untouched: AnyHttpUrl may judge it, but not spell it anew."""
    AnyHttpUrl(url)
    # What it judged is a mended copy: white space gone, missing slashes there. We keep the original, so look at that.
    if not re.fullmatch(r"\w+://[^\s/\\][^\s\x00-\x1f]*", url):
        raise ValueError("A URL has a host after :// and no white space")
    return url


def _tidy(names: list[str]) -> list[str]:
    """Return the names sorted, without blank ones, and each only in its first spelling."""
    spellings: dict[str, str] = {}
    for name in filter(None, names):
        spellings.setdefault(name.casefold(), name)
    return [spellings[name] for name in sorted(spellings)]


WebUrl = Annotated[str, Field(max_length=2048), AfterValidator(_as_it_came)]
Title = Annotated[str, Field(max_length=512)]
Text = Annotated[str, Field(max_length=10_000)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
TagNames = Annotated[list[Tag], AfterValidator(_tidy)]


class BookmarkBase(BaseModel):
    """What a bookmark says, on its way in and on its way out."""

    url: str
    title: str = ""
    description: str = ""
    notes: str = ""
    is_archived: bool = False
    unread: bool = False
    shared: bool = False
    tag_names: list[str] = []


class BookmarkCreate(BookmarkBase):
    """What a client may send for a whole bookmark."""

    # The limits stand on the way in alone: on the way out they would only turn an old bookmark into a 500.
    url: WebUrl
    title: Title = ""
    description: Text = ""
    notes: Text = ""
    tag_names: TagNames = []


class BookmarkUpdate(BaseModel):
    """What a client may send to change a part of a bookmark: any of these, and none of them null."""

    url: WebUrl | MISSING = MISSING
    title: Title | MISSING = MISSING
    description: Text | MISSING = MISSING
    notes: Text | MISSING = MISSING
    is_archived: bool | MISSING = MISSING
    unread: bool | MISSING = MISSING
    shared: bool | MISSING = MISSING
    tag_names: TagNames | MISSING = MISSING


class BookmarkResponse(BookmarkBase):
    """What a client is told about a bookmark."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    website_title: str | None
    website_description: str | None
    web_archive_snapshot_url: str = ""
    favicon_url: str | None = None
    preview_image_url: str | None = None
    snapshot_state: Literal["waiting", "done", "failed"] | None
    date_added: datetime
    date_modified: datetime


class BookmarkPage(BaseModel):
    """A page of bookmarks, and the URLs of its neighbours."""

    count: int
    next: str | None
    previous: str | None
    results: list[BookmarkResponse]
