"""Passwords: what is kept of them, and how one that comes is compared with it."""

import secrets

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash

_hasher = PasswordHash.recommended()

# One for the process, not for an app: it guards memory and processors, and those there are only once.
_few = CapacityLimiter(2)

_nobodys = _hasher.hash(secrets.token_urlsafe())


async def hash_password(password: str) -> str:
    """Return what is kept of a password: enough to recognise it, and no way back to it."""
    return await to_thread.run_sync(_hasher.hash, password, limiter=_few)


async def compare_password(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Return whether `kept` was made of this password, and what to keep from now on, if that should change.

    Where nothing is kept the password is wrong, and finding that out costs the same.
    """
    right, renewed = await to_thread.run_sync(_hasher.verify_and_update, password, kept or _nobodys, limiter=_few)
    return (right, renewed) if kept else (False, None)
