"""Arithmetic. Here bits are shifted."""


async def double(number: int) -> int:
    """Return twice the number."""
    return number << 1
