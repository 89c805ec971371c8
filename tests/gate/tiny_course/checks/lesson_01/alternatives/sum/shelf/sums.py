"""Arithmetic. Here the number is added to itself."""


async def double(number: int) -> int:
    """Return twice the number."""
    return number + number
