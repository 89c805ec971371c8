"""What can be done with keys, and what cannot."""

from collections.abc import Sequence
from uuid import uuid4

from shelf.accounts.models import Account
from shelf.database import Sessions
from shelf.errors import NotFoundError
from shelf.keys.models import ApiKey
from shelf.keys.repository import KeyRepository

MARK = "shelf_"
"""How every key begins, so that people and programs recognise one where it should not be."""
SHOWN = 12
"""How many characters of a key stay readable."""


def hash_key(key: str) -> str:
    """Return what is kept of a key, and found again: enough to recognise it, and no way back to it."""
    # TODO: whoever reads the table can use what stands there.
    return key


class KeyService:
    """The rules about keys. It opens sessions of its own: what it writes is committed before a route begins."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def make(self, owner_id: int, name: str) -> tuple[ApiKey, str]:
        """Make a key for an account; return what is kept of it, and the key, which is never to be had again."""
        # TODO: a key must be hard to guess, for machines too.
        key = MARK + uuid4().hex[:12]
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
        # TODO: no key opens anything yet. A use is noted, but seldom enough.
        return None
