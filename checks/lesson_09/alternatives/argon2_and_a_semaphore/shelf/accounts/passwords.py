"""Passwords: hashed by argon2-cffi itself, with its own parameters, four at a time behind a semaphore."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
AT_ONCE = asyncio.Semaphore(4)
# Made by HASHER of a password that nobody knows; it lives as long as the parameters stay.
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$+dFaUw4sgN27EZ7FCkM/Pw$hKFXlYr2T44wv6E1XcmHfWQa+HATWCMuzd4zvPw0kYI"


async def hash_password(password: str) -> str:
    """Return what is kept of a password: enough to recognise it, and no way back to it."""
    async with AT_ONCE:
        return await asyncio.to_thread(HASHER.hash, password)


async def compare_password(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Return whether `kept` was made of this password, and what to keep from now on, if that should change.

    Where nothing is kept the password is wrong, and finding that out costs the same.
    """
    async with AT_ONCE:
        right = await asyncio.to_thread(_fits, password, kept or NOBODYS)
    if kept is None or not right:
        return False, None
    return True, await hash_password(password) if HASHER.check_needs_rehash(kept) else None


def _fits(password: str, kept: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
