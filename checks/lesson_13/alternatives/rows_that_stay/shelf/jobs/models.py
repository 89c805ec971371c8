"""How jobs are kept: new, sent, and in the end done or failed."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class Job(Base):
    """A snapshot that is to be taken of a bookmark's page, or was."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid4().hex)
    bookmark_id: Mapped[int] = mapped_column(ForeignKey("bookmarks.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="new", index=True)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
