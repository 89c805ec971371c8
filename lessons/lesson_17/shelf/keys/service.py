"""What can be done with keys, and what cannot."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shelf.accounts.models import Account
from shelf.database import Sessions
from shelf.errors import NotFoundError
from shelf.keys.models import ApiKey
from shelf.keys.repository import KeyRepository

MARK = "shelf_"
"""How every key begins, so that people and programs recognise one where it should not be."""
SHOWN = 12
"""How many characters of a key stay readable."""
SELDOM = timedelta(minutes=1)


def hash_key(key: str) -> str:
    """Return what is kept of a key, and found again: enough to recognise it, and no way back to it."""
    # Fast, unlike the hash of a password: nobody can go through all keys.
    return hashlib.sha256(key.encode()).hexdigest()


class KeyService:
    """The rules about keys. It opens sessions of its own: what it writes is committed before a route begins."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def make(self, owner_id: int, name: str) -> tuple[ApiKey, str]:
        """Make a key for an account; return what is kept of it, and the key, which is never to be had again."""
        key = MARK + secrets.token_urlsafe(32)
        values = {"owner_id": owner_id, "name": name, "prefix": key[:SHOWN], "key_hash": hash_key(key)}
        async with self._sessions.begin() as session:
            return await KeyRepository(session).add(values), key

    async def of_owner(self, owner_id: int) -> Sequence[ApiKey]:
        """Return the keys of an account, the oldest first."""
        async with self._sessions() as session:
            return await KeyRepository(session).of_owner(owner_id)

    async def revoke(self, owner_id: int, key_id: int) -> None:
        """Delete a key of an account; raise NotFoundError if it has no such key."""
        async with self._sessions.begin() as session:
            keys = KeyRepository(session)
            key = await keys.get(owner_id, key_id)
            if key is None:
                raise NotFoundError("no such key")
            await keys.remove(key)

    async def account_of(self, key: str) -> Account | None:
        """Return the account that a key opens, and note when; None where it opens none, or none that is active."""
        # TODO: this is asked for each request, and once a minute there is something to write.
        async with self._sessions.begin() as session:
            kept, account = await KeyRepository(session).of_hash(hash_key(key)) or (None, None)
            if kept is None or account is None or not account.is_active:
                return None
            now = datetime.now(UTC)
            if kept.last_used is None or kept.last_used < now - SELDOM:
                kept.last_used = now
            return account
