"""How bookmarks are kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, event, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shelf.bookmarks.search import fold
from shelf.bookmarks.urls import normalize_url
from shelf.database import Base, UtcDateTime
from shelf.tags.models import Tag

SEARCHED = ("title", "description", "notes", "url")

bookmark_tags = Table(
    "bookmark_tags",
    Base.metadata,
    Column("bookmark_id", ForeignKey("bookmarks.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def searchable(values: Mapping[str, Any]) -> str:
    """Return what a search looks through: the texts of a bookmark, folded, each on a line of its own."""
    return "\n".join(fold(values.get(name) or "") for name in SEARCHED)


def _searchable_at_first(context: Any) -> str:
    return searchable(context.get_current_parameters())


def _normalized_at_first(context: Any) -> str:
    return normalize_url(context.get_current_parameters()["url"])


class Bookmark(Base):
    """A bookmark at rest. Its URL is as it came; `url_normalized` is what it is known by.

    No other of its owner has one of them.
    """

    __tablename__ = "bookmarks"
    __table_args__ = (
        UniqueConstraint("owner_id", "url"),
        Index("ix_bookmarks_owner_id_url_normalized", "owner_id", "url_normalized", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2048))
    url_normalized: Mapped[str] = mapped_column(Text, default=_normalized_at_first)
    title: Mapped[str] = mapped_column(String(512), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    is_archived: Mapped[bool] = mapped_column(default=False)
    unread: Mapped[bool] = mapped_column(default=False)
    shared: Mapped[bool] = mapped_column(default=False)
    website_title: Mapped[str | None] = mapped_column(Text)
    website_description: Mapped[str | None] = mapped_column(Text)
    snapshot_state: Mapped[str | None] = mapped_column(String(16))
    date_added: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    date_modified: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    search_text: Mapped[str] = mapped_column(Text, default=_searchable_at_first)

    # Whoever forgets to load the tags is told so, on the first bookmark, and not by a slow list one day.
    tags: Mapped[list[Tag]] = relationship(secondary=bookmark_tags, lazy="raise", passive_deletes=True)

    @property
    def tag_names(self) -> list[str]:
        """The names of its tags, sorted without regard to case."""
        return sorted((tag.name for tag in self.tags), key=str.casefold)


@event.listens_for(Bookmark, "before_update")
def keep_findable(mapper: object, connection: object, bookmark: Bookmark) -> None:
    """Let a search find what a bookmark says now, and a look-up the URL that it has now."""
    if inspect(bookmark).attrs.url.history.has_changes():
        bookmark.url_normalized = normalize_url(bookmark.url)
    bookmark.search_text = searchable({name: getattr(bookmark, name) for name in SEARCHED})
