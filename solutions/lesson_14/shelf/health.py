"""Routes for those who watch over Shelf: whether it is up, and whether it can work."""

import asyncio
from typing import Literal

from fastapi import APIRouter, status
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shelf.database import Sessions
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
    database, redis = await asyncio.gather(_state(resources.sessions), resources.cache.state())
    if database == "down":
        raise UnavailableError("the database is down", database=database, redis=redis)
    return Readiness(database=database, redis=redis)


async def _state(sessions: Sessions) -> Literal["up", "busy", "down"]:
    if sessions.out >= sessions.limit:
        return "busy"  # no connection is left to ask with; those that are out get answers
    try:
        async with asyncio.timeout(SECONDS), sessions.engine.connect() as connection:
            await connection.execute(select(1))
    except (UnavailableError, SQLAlchemyError, TimeoutError):
        return "down"
    return "up"
