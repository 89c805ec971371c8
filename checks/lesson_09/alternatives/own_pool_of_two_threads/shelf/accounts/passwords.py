"""Passwords: what is kept of them, and how they are compared, in a pool of two threads that does nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash

HASHER = PasswordHash.recommended()
THREADS = ThreadPoolExecutor(2, thread_name_prefix="passwords")
NOBODYS = HASHER.hash("nobody's password")


async def hash_password(password: str) -> str:
    """Return what is kept of a password: enough to recognise it, and no way back to it."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, HASHER.hash, password)


async def compare_password(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Return whether `kept` was made of this password, and what to keep from now on, if that should change.

    Where nothing is kept the password is wrong, and finding that out costs the same.
    """
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(THREADS, HASHER.verify, password, kept or NOBODYS)
    if kept is None or not right:
        return False, None
    if HASHER.current_hasher.check_needs_rehash(kept):
        return True, await hash_password(password)
    return True, None
