"""What routes ask for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.cache import Cache
from shelf.config import Settings
from shelf.database import Sessions
from shelf.fence import Fence
from shelf.jobs.lifespan import Jobs
from shelf.kept_pages import KeptPageReader
from shelf.limits import Limits
from shelf.metrics import Metrics
from shelf.pages import PageReader
from shelf.tags.changes import changed_owners
from shelf.tags.lists import tags_of

# All of these are `async def`, also where they wait for nothing: a plain `def` would need a free thread each time.


@dataclass(frozen=True)
class Resources:
    """What one app has for itself, from its start to its end: settings, and its connections to the world."""

    settings: Settings
    sessions: Sessions
    web: aiohttp.ClientSession
    cache: Cache
    limits: Limits
    jobs: Jobs | None
    metrics: Metrics


async def get_resources(request: Request) -> Resources:
    """Return what the app that serves this request has opened; its lifespan put it there."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(get_resources)]


async def get_settings(resources: ResourcesDep) -> Settings:
    """Return the settings of this app."""
    return resources.settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_fence(settings: SettingsDep) -> Fence:
    """Return the fence between this app and what is inside."""
    return Fence(settings.allowed_private_hosts)


FenceDep = Annotated[Fence, Depends(get_fence)]


async def get_cache(resources: ResourcesDep) -> Cache:
    """Return the cache of this app."""
    return resources.cache


CacheDep = Annotated[Cache, Depends(get_cache)]


async def get_limits(resources: ResourcesDep) -> Limits:
    """Return the limits of this app."""
    return resources.limits


LimitsDep = Annotated[Limits, Depends(get_limits)]


async def get_page_reader(resources: ResourcesDep, settings: SettingsDep, cache: CacheDep) -> PageReader:
    """Return a reader of pages; all readers of this app share its connections, and what they have read."""
    return KeptPageReader(resources.web, settings.page_seconds, cache)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]


async def get_sessions(resources: ResourcesDep) -> Sessions:
    """Return what makes database sessions, for work that needs a session for only a part of its time."""
    return resources.sessions


SessionsDep = Annotated[Sessions, Depends(get_sessions)]


async def get_session(sessions: SessionsDep, cache: CacheDep) -> AsyncIterator[AsyncSession]:
    """Give a request its own session; commit when the route succeeds, roll back when it does not.

    Whose tags were changed, their lists in the cache are outdated from then on.
    """
    changed: set[int] = set()
    try:
        async with sessions.begin() as session:
            changed = changed_owners(session)
            yield session
    finally:
        # After the commit: a list made before it shows the old rows. And after a COMMIT that has failed, too: it may
        # have come through all the same.
        for owner_id in changed:
            await cache.outdate(tags_of(owner_id))


# Function scope: the commit comes before the answer leaves, so that a 201 is a promise kept.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
