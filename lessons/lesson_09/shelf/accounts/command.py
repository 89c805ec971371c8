"""What only somebody at the machine may do with an account.

python -m shelf.accounts.command promote NAME    lets it see and change the accounts of others
python -m shelf.accounts.command password NAME   asks for a new password
"""

import asyncio
import sys
from getpass import getpass

from shelf.accounts.passwords import hash_password
from shelf.accounts.repository import AccountRepository
from shelf.config import load_settings
from shelf.database import open_database


async def change(what: str, username: str) -> str:
    """Do it, and return what was done in words."""
    values = {"is_superuser": True} if what == "promote" else {"password_hash": await hash_password(getpass())}
    async with open_database(load_settings().database_url) as sessions, sessions.begin() as session:
        accounts = AccountRepository(session)
        account = await accounts.named(username)
        if account is None:
            return f"There is no account named {username}."
        await accounts.change(account.id, values)
    return f"{account.username}: {'a superuser from now on' if what == 'promote' else 'the password was changed'}."


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("promote", "password"):
        sys.exit(__doc__)
    print(asyncio.run(change(*sys.argv[1:])))
