"""How keys are kept."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class ApiKey(Base):
    """What is kept of a key: whose it is, how it begins, and its hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    prefix: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[str] = mapped_column(String(128), unique=True)
    date_added: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))
    last_used: Mapped[datetime | None] = mapped_column(UtcDateTime)
