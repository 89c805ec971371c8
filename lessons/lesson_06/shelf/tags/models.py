"""How tags are kept."""

from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class Tag(Base):
    """A tag at rest, in the spelling in which it came first. No other has the same letters, in whatever case."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(192), unique=True)  # folded, which can make three letters of one
    date_added: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))
