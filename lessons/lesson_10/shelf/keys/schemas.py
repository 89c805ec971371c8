"""Keys on their way in and on their way out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class KeyCreate(BaseModel):
    """What a client may send to get a key."""

    name: Annotated[str, Field(min_length=1, max_length=64)]


class KeyResponse(BaseModel):
    """What a client is told about a key."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    prefix: str
    date_added: datetime
    last_used: datetime | None


class KeyCreated(KeyResponse):
    """What a client is told about a key when it is made, and never again: the key itself."""

    key: str
