"""What can go wrong in terms of Shelf. Nothing here knows HTTP; shelf/problems.py says how each is answered."""

from typing import Any


class ShelfError(Exception):
    """Something that Shelf cannot do, and the caller may know why: the message and `facts` are told."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


class NotFoundError(ShelfError):
    """What was asked for is not there."""


class NotSignedInError(ShelfError):
    """Nobody is asking, or somebody whom Shelf does not believe, or does not let in any more."""


class ForbiddenError(ShelfError):
    """Somebody may not do this, whoever they are."""


class TakenError(ShelfError):
    """Something that only one may have belongs to another already; the message says what."""


class InvalidError(ShelfError):
    """What was sent makes no sense; the message says where."""


class PagesError(ShelfError):
    """Pages of the web cannot be had; the message or the facts say which."""


class TooSlowError(ShelfError):
    """Something took longer than it may."""


class TooManyError(ShelfError):
    """Somebody has asked more often than they may."""


class UnavailableError(ShelfError):
    """Shelf cannot do it now, and probably can in a moment; the message or the facts say what is missing."""
