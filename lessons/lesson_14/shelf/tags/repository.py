"""Reading and writing tags."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.locks import share_account
from shelf.bookmarks.models import bookmark_tags
from shelf.tags.changes import note_change
from shelf.tags.models import Tag

AT_ONCE = 500
"""Keys in one statement: databases take no more than some thousand values."""


class TagRepository:
    """The tags of one owner as `session` sees them: of any others it knows nothing.

    It commits nothing: whoever opened the session does that.
    """

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self._session = session
        self.owner_id = owner_id
        self._own = Tag.owner_id == owner_id

    async def get(self, tag_id: int) -> Tag | None:
        """Return the tag with this id, if there is one."""
        return await self._session.scalar(select(Tag).where(Tag.id == tag_id, self._own))

    async def page(self, limit: int, offset: int) -> tuple[int, Sequence[Row[Any]]]:
        """Return how many tags there are, and at most `limit` of them by name, without the first `offset`.

        Each comes as a row of what a list shows, with its `bookmark_count`.
        """
        count = await self._session.scalar(select(func.count()).select_from(Tag).where(self._own)) or 0
        tagged = select(func.count()).where(bookmark_tags.c.tag_id == Tag.id).scalar_subquery()
        columns = select(Tag.id, Tag.name, Tag.date_added, tagged.label("bookmark_count"))
        query = columns.where(self._own).order_by(Tag.name_key).limit(limit).offset(offset)
        return count, (await self._session.execute(query)).all()

    async def named(self, names: Iterable[str]) -> dict[str, Tag]:
        """Return the tags with these names, by folded name; add those that are missing.

        The number of statements does not depend on the number of names, as long as that is below AT_ONCE.
        """
        await share_account(self._session, self.owner_id)
        spellings: dict[str, str] = {}
        for name in names:
            spellings.setdefault(name.casefold(), name)
        found = await self._known(list(spellings))
        for _ in spellings:  # each turn brings one more at least
            missing = [self._row(key, name) for key, name in spellings.items() if key not in found]
            if not missing:
                break
            note_change(self._session, self.owner_id)
            with suppress(IntegrityError):  # another request has just added one of them: look again
                async with self._session.begin_nested():
                    await self._session.execute(insert(Tag), missing)
            found |= await self._known([tag["name_key"] for tag in missing])
        return found

    def _row(self, key: str, name: str) -> dict[str, Any]:
        return {"name": name, "name_key": key, "owner_id": self.owner_id}

    async def _known(self, keys: Sequence[str]) -> dict[str, Tag]:
        found: dict[str, Tag] = {}
        for start in range(0, len(keys), AT_ONCE):
            chosen = Tag.name_key.in_(keys[start : start + AT_ONCE])
            found |= {tag.name_key: tag for tag in await self._session.scalars(select(Tag).where(self._own, chosen))}
        return found
