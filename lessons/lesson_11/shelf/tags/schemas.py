"""Tags on their way in and on their way out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

TagName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class TagCreate(BaseModel):
    """What a client may send for a tag."""

    name: TagName


class TagResponse(BaseModel):
    """What a client is told about a tag."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    date_added: datetime


class TagCount(TagResponse):
    """A tag in a list: how many bookmarks have it, archived ones too."""

    bookmark_count: int


class TagCounts(BaseModel):
    """How many tags there are, and some of them."""

    count: int
    results: list[TagCount]


class TagPage(TagCounts):
    """A page of tags, and the URLs of its neighbours."""

    next: str | None
    previous: str | None
