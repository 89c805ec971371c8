"""What routes about keys ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.dependencies import SessionsDep
from shelf.keys.service import KeyService


async def get_keys(sessions: SessionsDep) -> KeyService:
    """Return what can be done with keys."""
    return KeyService(sessions)


KeysDep = Annotated[KeyService, Depends(get_keys)]
