"""What routes ask for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.config import Settings
from shelf.database import Sessions
from shelf.fence import Fence
from shelf.pages import PageReader

# All of these are `async def`, also where they wait for nothing: a plain `def` would need a free thread each time.


@dataclass(frozen=True)
class Resources:
    """What one app has for itself, from its start to its end: settings, and the pools of its connections."""

    settings: Settings
    sessions: Sessions
    web: aiohttp.ClientSession


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


async def get_page_reader(resources: ResourcesDep, settings: SettingsDep) -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    return PageReader(resources.web, settings.page_seconds)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]


async def get_sessions(resources: ResourcesDep) -> Sessions:
    """Return what makes database sessions, for work that needs a session for only a part of its time."""
    return resources.sessions


SessionsDep = Annotated[Sessions, Depends(get_sessions)]


async def get_session(sessions: SessionsDep) -> AsyncIterator[AsyncSession]:
    """Give a request its own session; commit when the route succeeds, roll back when it does not."""
    async with sessions.begin() as session:
        yield session


# Function scope: the commit comes before the answer leaves, so that a 201 is a promise kept.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
