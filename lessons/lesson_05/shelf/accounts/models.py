"""How accounts are kept."""

from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class Account(Base):
    """An account at rest, without its password: lesson 09 says how that is kept.

    The keys are email and username in small letters, because in those no two accounts may be alike.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(640), unique=True)
    username: Mapped[str] = mapped_column(String(50))
    username_key: Mapped[str] = mapped_column(String(50), unique=True)
    age: Mapped[int]
    date_joined: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))
