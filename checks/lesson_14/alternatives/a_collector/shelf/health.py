"""Routes for those who watch over Shelf: whether it is up, and whether it can work."""

import asyncio
from typing import Literal

from fastapi import APIRouter, status
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shelf.dependencies import ResourcesDep
from shelf.errors import UnavailableError

SECONDS = 2
"""How long the database may take to say that it is there."""

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """Whether the service is well, and which version of the API it speaks."""

    version: str = "1.46.0"
    status: str = "healthy"


class Readiness(BaseModel):
    """Whether the service can work, and how those are on whom it depends."""

    status: Literal["ready"] = "ready"
    database: Literal["up", "busy"]
    redis: Literal["up", "down", "none"]


@router.get("/health")
async def health() -> Health:
    """Say that the process is up. It asks nobody: to start Shelf anew mends no database."""
    return Health()


@router.get("/health/ready", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"description": "It cannot work."}})
async def ready(resources: ResourcesDep) -> Readiness:
    """Say whether requests can be served: not without the database, but without Redis."""
    redis = await resources.cache.state()
    try:
        async with asyncio.timeout(SECONDS), resources.sessions() as session:
            await session.execute(text("SELECT 1"))
    except PoolTimeoutError:
        return Readiness(database="busy", redis=redis)
    except Exception as error:  # whatever it is: Shelf cannot work like that
        if (
            isinstance(error, TimeoutError)
            and resources.sessions.free == 0
            and resources.sessions.out >= resources.sessions.limit
        ):
            return Readiness(database="busy", redis=redis)
        raise UnavailableError("no database", database="down", redis=redis) from error
    return Readiness(database="up", redis=redis)
