"""What comes in, what goes out, what is kept. Here a pattern judges URLs, and tags are tidied on their way out."""

from datetime import datetime
from typing import Annotated

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    StringConstraints,
)


def _tidy(names: list[str]) -> list[str]:
    """Return the names sorted, without blank ones, and each only in its first spelling."""
    spellings: dict[str, str] = {}
    for name in filter(None, names):
        spellings.setdefault(name.casefold(), name)
    return [spellings[name] for name in sorted(spellings)]


WebUrl = Annotated[str, Field(max_length=2048, pattern=r"^(?i:https?)://[^\s/]\S*$")]
Title = Annotated[str, Field(max_length=512)]
Text = Annotated[str, Field(max_length=10_000)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
TagNames = list[Tag]


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


class BookmarkCreate(BookmarkBase):
    """What a client may send for a whole bookmark."""

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
    tag_names: Annotated[list[str], AfterValidator(_tidy)]
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


class AccountBase(BaseModel):
    """What an account says, on its way in, on its way out and at rest."""

    email: str
    username: str
    age: int


class AccountCreate(AccountBase):
    """What a client may send to open an account."""

    email: EmailStr
    username: Annotated[str, Field(min_length=3, max_length=50, pattern="^[a-zA-Z0-9_]+$")]
    age: Annotated[int, Field(ge=18, le=150)]
    password: Annotated[SecretStr, Field(min_length=12, max_length=1024)]


class AccountInDB(AccountBase):
    """What is kept of an account."""

    id: int
    password: SecretStr
    date_joined: datetime


class AccountResponse(AccountBase):
    """What a client is told about an account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    date_joined: datetime
