"""How tags are kept."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class Tag(Base):
    """A tag at rest, in the spelling in which it came first. Its owner has no other of these letters, in any case."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("owner_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(192))  # folded, which can make three letters of one
    date_added: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))
