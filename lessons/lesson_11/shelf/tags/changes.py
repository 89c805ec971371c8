"""Whose tags, or the counts of them, a session has changed."""

from sqlalchemy.ext.asyncio import AsyncSession

CHANGED = "owners whose tags have changed"


def changed_owners(session: AsyncSession) -> set[int]:
    """Return the ids of the owners whose tags, or the counts of them, were changed in `session` so far.

    It is always the same set: what changes later is found in it, too.
    """
    owners: set[int] = session.info.setdefault(CHANGED, set())
    return owners


def note_change(session: AsyncSession, owner_id: int) -> None:
    """Note that an owner's tags, or the counts of them, are changed in `session`. Nothing is committed yet."""
    changed_owners(session).add(owner_id)
