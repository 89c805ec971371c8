"""What routes ask for."""

from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request

from shelf.config import Settings
from shelf.pages import PageReader
from shelf.store import Store

# All of these are `async def`, though they wait for nothing: a plain `def` would need a free thread on every request.


@dataclass(frozen=True)
class Resources:
    """What one app has for itself, from its start to its end."""

    settings: Settings
    store: Store
    session: aiohttp.ClientSession


async def get_resources(request: Request) -> Resources:
    """Return what the app that serves this request has opened; its lifespan put it there."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(get_resources)]


async def get_settings(resources: ResourcesDep) -> Settings:
    """Return the settings of this app."""
    return resources.settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_store(resources: ResourcesDep) -> Store:
    """Return the store of this app."""
    return resources.store


StoreDep = Annotated[Store, Depends(get_store)]


async def get_page_reader(resources: ResourcesDep, settings: SettingsDep) -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    return PageReader(resources.session, settings.page_seconds)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
