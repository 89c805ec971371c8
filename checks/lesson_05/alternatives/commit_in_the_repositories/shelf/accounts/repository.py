"""Reading and writing accounts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account
from shelf.errors import TakenError


class AccountRepository:
    """Accounts as `session` sees them. What it writes it also commits."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, values: Mapping[str, Any]) -> Account:
        """Add an account; raise TakenError if its email or username, in whatever case, belongs to another."""
        keys = {f"{name}_key": values[name].lower() for name in ("email", "username")}
        account = Account(**values, **keys)
        self._session.add(account)
        try:
            await self._session.commit()
        except IntegrityError as error:
            raise TakenError("another account has this email or username") from error
        return account
