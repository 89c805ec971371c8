"""Arithmetic."""


async def double(number: int) -> int:
    """Return twice the number."""
    # TODO: this is not the double yet.
    return number
