"""How accounts are kept."""

from datetime import UTC, datetime

from sqlalchemy import String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from shelf.database import Base, UtcDateTime


class Account(Base):
    """An account at rest. Of its password a hash is kept; None where it has no password, and nobody can sign in.

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
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_superuser: Mapped[bool] = mapped_column(default=False, server_default=false())
