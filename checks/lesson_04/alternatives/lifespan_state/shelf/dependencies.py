"""What routes ask for. The lifespan yields a typed state, and each request carries it; nothing is put on the app."""

from typing import Annotated, TypedDict

import aiohttp
from fastapi import Depends, Request

from shelf.config import Settings
from shelf.pages import PageReader
from shelf.store import Store


class State(TypedDict):
    """What one app has for itself, from its start to its end."""

    settings: Settings
    store: Store
    session: aiohttp.ClientSession


async def get_settings(request: Request) -> Settings:
    """Return the settings of this app."""
    settings: Settings = request.state.settings
    return settings


async def get_store(request: Request) -> Store:
    """Return the store of this app."""
    store: Store = request.state.store
    return store


SettingsDep = Annotated[Settings, Depends(get_settings)]
StoreDep = Annotated[Store, Depends(get_store)]


async def get_page_reader(request: Request, settings: SettingsDep) -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    return PageReader(request.state.session, settings.page_seconds)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
