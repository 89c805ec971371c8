"""How bookmarks are kept."""

from datetime import UTC, datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


class Bookmark(Base):
    """A bookmark at rest. Its URL is as it came, and no other bookmark has it."""

    __tablename__ = "bookmarks"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2048), unique=True)
    title: Mapped[str] = mapped_column(String(512), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    is_archived: Mapped[bool] = mapped_column(default=False)
    unread: Mapped[bool] = mapped_column(default=False)
    shared: Mapped[bool] = mapped_column(default=False)
    tag_names: Mapped[list[str]] = mapped_column(JSON, default=list)
    website_title: Mapped[str | None] = mapped_column(Text)
    website_description: Mapped[str | None] = mapped_column(Text)
    date_added: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    date_modified: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
