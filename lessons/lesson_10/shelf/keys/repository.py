"""Reading and writing keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account
from shelf.keys.models import ApiKey


class KeyRepository:
    """Keys as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, values: Mapping[str, Any]) -> ApiKey:
        """Add a key."""
        key = ApiKey(**values)
        self._session.add(key)
        await self._session.flush()
        return key

    async def of_owner(self, owner_id: int) -> Sequence[ApiKey]:
        """Return the keys of an account, the oldest first."""
        return (await self._session.scalars(select(ApiKey).filter_by(owner_id=owner_id).order_by(ApiKey.id))).all()

    async def get(self, owner_id: int, key_id: int) -> ApiKey | None:
        """Return one key of an account, if it has it."""
        return await self._session.scalar(select(ApiKey).filter_by(owner_id=owner_id, id=key_id))

    async def of_hash(self, key_hash: str) -> tuple[ApiKey, Account] | None:
        """Return the key with this hash and the account that owns it, if there is one."""
        both = select(ApiKey, Account).join(Account, Account.id == ApiKey.owner_id)
        found = (await self._session.execute(both.where(ApiKey.key_hash == key_hash))).first()
        return (found[0], found[1]) if found else None

    async def remove(self, key: ApiKey) -> None:
        """Delete a key."""
        await self._session.delete(key)
