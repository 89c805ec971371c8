"""What can be done with accounts, and what cannot."""

from collections.abc import Sequence

from shelf.accounts.models import Account
from shelf.accounts.passwords import compare_password, hash_password
from shelf.accounts.repository import AccountRepository
from shelf.accounts.schemas import AccountChange, AccountCreate
from shelf.database import Sessions
from shelf.errors import NotFoundError, NotSignedInError


class AccountService:
    """The rules about accounts. It opens sessions of its own: none is open while a password is hashed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def sign_up(self, new: AccountCreate) -> Account:
        """Open an account; raise TakenError if its email or username belongs to another."""
        kept = await hash_password(new.password.get_secret_value())
        async with self._sessions.begin() as session:
            values = new.model_dump(exclude={"password"}) | {"password_hash": kept}
            return await AccountRepository(session).add(values)

    async def sign_in(self, username: str, password: str) -> Account:
        """Return the account that a username and a password open.

        Raises NotSignedInError, in the same words and after the same work, whatever keeps them from opening one.
        """
        async with self._sessions() as session:
            account = await AccountRepository(session).named(username)
        right, renewed = await compare_password(password, account.password_hash if account else None)
        if account is None or not right or not account.is_active:
            raise NotSignedInError("the username or the password is wrong")
        if renewed:
            async with self._sessions.begin() as session:
                await AccountRepository(session).change(account.id, {"password_hash": renewed})
        return account

    async def get(self, account_id: int) -> Account | None:
        """Return the account with this id, if there is one."""
        # TODO: this is asked for each request: a session, a transaction and an object that it watches, for one row.
        async with self._sessions() as session:
            return await AccountRepository(session).get(account_id)

    async def page(self, limit: int, offset: int) -> tuple[int, Sequence[Account]]:
        """Return how many accounts there are, and at most `limit` of them, the oldest first, without `offset`."""
        async with self._sessions() as session:
            return await AccountRepository(session).page(limit, offset)

    async def change(self, account_id: int, sent: AccountChange) -> Account:
        """Change what was sent; raise NotFoundError if there is no such account."""
        async with self._sessions.begin() as session:
            account = await AccountRepository(session).get(account_id)
            if account is None:
                raise NotFoundError("no such account")
            account.is_active = sent.is_active
        return account
