"""What comes in, what goes out, what is kept: for each a schema of its own."""

import re
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, EmailStr, HttpUrl, model_validator

# TODO: five schemas, but in truth they are one. Move each field to where it belongs, and say what it may hold.


class BookmarkBase(BaseModel):
    """What a bookmark says, on its way in, on its way out and at rest."""

    id: int | None = None
    url: HttpUrl
    title: str | None = None
    description: str | None = None
    notes: str | None = None
    website_title: str | None = None
    website_description: str | None = None
    web_archive_snapshot_url: str | None = None
    favicon_url: str | None = None
    preview_image_url: str | None = None
    is_archived: bool = False
    unread: bool = False
    shared: bool = False
    tag_names: list[str] = []
    date_added: datetime | None = None
    date_modified: datetime | None = None


class BookmarkCreate(BookmarkBase):
    """What a client may send for a whole bookmark."""


class BookmarkUpdate(BookmarkBase):
    """What a client may send to change a part of a bookmark: any of these, and none of them null."""

    url: HttpUrl | None = None


class BookmarkInDB(BookmarkBase):
    """What is kept of a bookmark."""


class BookmarkResponse(BookmarkBase):
    """What a client is told about a bookmark."""

    model_config = ConfigDict(from_attributes=True)


class BookmarkPage(BaseModel):
    """A page of bookmarks, and the URLs of its neighbours."""

    count: int
    next: str | None
    previous: str | None
    results: list[BookmarkResponse]


class AccountBase(BaseModel):
    """What an account says, on its way in, on its way out and at rest."""

    email: EmailStr
    username: str
    age: int
    password: str


class AccountCreate(AccountBase):
    """What a client may send to open an account."""

    # TODO: whoever is refused here is not told which field was wrong.
    @model_validator(mode="after")
    def _acceptable(self) -> Self:
        name_is_fine = re.match("^[a-zA-Z0-9_]{3,50}$", self.username)
        if not name_is_fine or self.age < 18 or len(self.password) < 12:
            raise ValueError("this account cannot be opened")
        return self


class AccountInDB(AccountBase):
    """What is kept of an account."""

    id: int
    date_joined: datetime


class AccountResponse(AccountBase):
    """What a client is told about an account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    date_joined: datetime
