"""Arithmetic."""


async def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


class Halver:
    """Halves numbers."""

    def __init__(self, number: int) -> None:
        self.number = number

    def half(self) -> int:
        """Return half the number, rounded down."""
        return self.number // 2
