"""Reading and writing accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account
from shelf.errors import TakenError


class AccountRepository:
    """Accounts as `session` sees them. It commits nothing: whoever opened the session does that."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, account_id: int) -> Account | None:
        """Return the account with this id, if there is one."""
        return await self._session.get(Account, account_id)

    async def named(self, username: str) -> Account | None:
        """Return the account with this username, in whatever case, if there is one."""
        return await self._session.scalar(select(Account).where(Account.username_key == username.lower()))

    async def page(self, limit: int, offset: int) -> tuple[int, Sequence[Account]]:
        """Return how many accounts there are, and at most `limit` of them, the oldest first, without `offset`."""
        count = await self._session.scalar(select(func.count()).select_from(Account)) or 0
        accounts = await self._session.scalars(select(Account).order_by(Account.id).limit(limit).offset(offset))
        return count, accounts.all()

    async def add(self, values: Mapping[str, Any]) -> Account:
        """Add an account; raise TakenError if its email or username, in whatever case, belongs to another."""
        keys = {f"{name}_key": values[name].lower() for name in ("email", "username")}
        account = Account(**values, **keys)
        self._session.add(account)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise TakenError("another account has this email or username") from error
        return account

    async def change(self, account_id: int, values: Mapping[str, Any]) -> None:
        """Change `values` of the account with this id."""
        await self._session.execute(update(Account).where(Account.id == account_id).values(**values))
