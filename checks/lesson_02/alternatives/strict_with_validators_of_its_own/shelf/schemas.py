"""What comes in, what goes out, what is kept. Here types are strict, and methods check what a type cannot say."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import MISSING, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

LIMITS = {"url": 2048, "title": 512, "description": 10_000, "notes": 10_000}


class BookmarkBase(BaseModel):
    """What a bookmark says, on its way in, on its way out and at rest."""

    url: str
    title: str = ""
    description: str = ""
    notes: str = ""
    is_archived: bool = False
    unread: bool = False
    shared: bool = False
    tag_names: list[str] = []


class Checked(BaseModel):
    """The rules for what a client sends."""

    model_config = ConfigDict(strict=True)

    @field_validator("url", "title", "description", "notes", mode="after", check_fields=False)
    @classmethod
    def _short_enough(cls, text: str, info: Any) -> str:
        if isinstance(text, str) and len(text) > LIMITS[info.field_name]:
            raise PydanticCustomError("too_long", "At most {limit} characters", {"limit": LIMITS[info.field_name]})
        return text

    @field_validator("url", check_fields=False)
    @classmethod
    def _url(cls, url: str) -> str:
        if isinstance(url, str):
            parts = urlsplit(url)  # it raises a ValueError of its own, and it overlooks some white space
            if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", url):
                raise PydanticCustomError("url", "This is no URL of the web")
        return url

    @field_validator("tag_names", check_fields=False)
    @classmethod
    def _tags(cls, names: list[str]) -> list[str]:
        if not isinstance(names, list):
            return names
        tidy: list[str] = []
        for name in map(str.strip, names):
            if len(name) > 64:
                raise ValueError("A tag has at most 64 characters")
            if name and name.lower() not in [one.lower() for one in tidy]:
                tidy.append(name)
        return sorted(tidy, key=str.lower)


class BookmarkCreate(Checked, BookmarkBase):
    """What a client may send for a whole bookmark."""


class BookmarkUpdate(Checked):
    """What a client may send to change a part of a bookmark: any of these, and none of them null."""

    url: str | MISSING = MISSING
    title: str | MISSING = MISSING
    description: str | MISSING = MISSING
    notes: str | MISSING = MISSING
    is_archived: bool | MISSING = MISSING
    unread: bool | MISSING = MISSING
    shared: bool | MISSING = MISSING
    tag_names: list[str] | MISSING = MISSING


class BookmarkInDB(BookmarkBase):
    """What is kept of a bookmark."""

    id: int
    website_title: str | None = None
    website_description: str | None = None
    date_added: datetime
    date_modified: datetime


class BookmarkResponse(BookmarkBase):
    """What a client is told about a bookmark."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    website_title: str | None
    website_description: str | None
    web_archive_snapshot_url: str = ""
    favicon_url: str | None = None
    preview_image_url: str | None = None
    date_added: datetime
    date_modified: datetime


class BookmarkPage(BaseModel):
    """A page of bookmarks, and the URLs of its neighbours."""

    count: int
    next: str | None
    previous: str | None
    results: list[BookmarkResponse]


class AccountCreate(BaseModel):
    """What a client may send to open an account."""

    model_config = ConfigDict(strict=True)

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)
    username: str
    age: int = Field(ge=18, le=150)
    password: str = Field(min_length=12, max_length=1024)

    @field_validator("username")
    @classmethod
    def _username(cls, name: str) -> str:
        if not re.fullmatch("[a-zA-Z0-9_]{3,50}", name):
            raise ValueError("A username has 3 to 50 letters, digits and _")
        return name


class AccountInDB(BaseModel):
    """What is kept of an account; it says nothing of its password to anybody."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    username: str
    age: int
    password: str = Field(exclude=True, repr=False)
    date_joined: datetime


class AccountResponse(AccountInDB):
    """What a client is told about an account."""
