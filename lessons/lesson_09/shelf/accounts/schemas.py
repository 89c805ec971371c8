"""Accounts on their way in and on their way out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field, SecretStr


class AccountBase(BaseModel):
    """What an account says, on its way in and on its way out."""

    email: str
    username: str
    age: int


class AccountCreate(AccountBase):
    """What a client may send to open an account."""

    email: EmailStr
    username: Annotated[str, Field(min_length=3, max_length=50, pattern="^[a-zA-Z0-9_]+$")]
    age: Annotated[int, Field(ge=18, le=150)]
    password: Annotated[SecretStr, Field(min_length=12, max_length=1024)]


class AccountResponse(AccountBase):
    """What a client is told about an account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    date_joined: datetime


class AccountForAdmins(AccountResponse):
    """What a superuser is told about an account."""

    is_active: bool
    is_superuser: bool


class AccountPage(BaseModel):
    """A page of accounts, and the URLs of its neighbours."""

    count: int
    next: str | None
    previous: str | None
    results: list[AccountForAdmins]


class AccountChange(BaseModel):
    """What a superuser may change of an account."""

    is_active: bool
