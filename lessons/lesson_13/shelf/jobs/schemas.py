"""What QStash delivers."""

from typing import Annotated

from pydantic import Base64Bytes, BaseModel, Field


class JobMessage(BaseModel):
    """The body of a message: which job is to be done."""

    job_id: Annotated[str, Field(max_length=32)]


class FailedMessage(BaseModel):
    """What QStash tells of a message that it has given up; `body` is what Shelf had sent."""

    body: Base64Bytes = Field(alias="sourceBody")
