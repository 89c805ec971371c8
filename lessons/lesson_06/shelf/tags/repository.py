"""Reading and writing tags."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.tags.models import Tag

AT_ONCE = 500
"""Keys in one statement: databases take no more than some thousand values."""


class TagRepository:
    """Tags as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, tag_id: int) -> Tag | None:
        """Return the tag with this id, if there is one."""
        return await self._session.get(Tag, tag_id)

    async def page(self, limit: int, offset: int) -> tuple[int, Sequence[Tag]]:
        """Return how many tags there are, and at most `limit` of them by name, without the first `offset`."""
        count = await self._session.scalar(select(func.count()).select_from(Tag)) or 0
        tags = await self._session.scalars(select(Tag).order_by(Tag.name_key).limit(limit).offset(offset))
        return count, tags.all()

    async def named(self, names: Iterable[str]) -> dict[str, Tag]:
        """Return the tags with these names, by folded name; add those that are missing.

        The number of statements does not depend on the number of names, as long as that is below AT_ONCE.
        """
        spellings: dict[str, str] = {}
        for name in names:
            spellings.setdefault(name.casefold(), name)
        found = await self._known(list(spellings))
        for _ in spellings:  # each turn brings one more at least
            missing = [{"name": name, "name_key": key} for key, name in spellings.items() if key not in found]
            if not missing:
                break
            with suppress(IntegrityError):  # another request has just added one of them: look again
                async with self._session.begin_nested():
                    await self._session.execute(insert(Tag), missing)
            found |= await self._known([tag["name_key"] for tag in missing])
        return found

    async def _known(self, keys: Sequence[str]) -> dict[str, Tag]:
        found: dict[str, Tag] = {}
        for start in range(0, len(keys), AT_ONCE):
            tags = await self._session.scalars(select(Tag).where(Tag.name_key.in_(keys[start : start + AT_ONCE])))
            found |= {tag.name_key: tag for tag in tags}
        return found
