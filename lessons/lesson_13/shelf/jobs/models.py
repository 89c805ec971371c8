"""How jobs are kept until they are done."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shelf.bookmarks.models import now
from shelf.database import Base, UtcDateTime


def _new_id() -> str:
    return uuid4().hex


class Job(Base):
    """A snapshot that is still to be taken of a bookmark's page; whoever does the job, or gives it up, deletes the row.

    An id never comes back, unlike a number that SQLite counts: a late message must not meet another job.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=_new_id)
    bookmark_id: Mapped[int] = mapped_column(ForeignKey("bookmarks.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
