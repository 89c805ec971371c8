"""What routes ask for; the pool is closed by an exit stack, and the reader is made once for each app."""

from typing import Annotated

from fastapi import Depends, Request

from shelf.config import Settings
from shelf.pages import PageReader
from shelf.store import Store


def get_settings(request: Request) -> Settings:
    """Return the settings of this app."""
    settings: Settings = request.app.state.settings
    return settings


def get_store(request: Request) -> Store:
    """Return the store of this app."""
    store: Store = request.app.state.store
    return store


def get_page_reader(request: Request) -> PageReader:
    """Return the reader of this app."""
    reader: PageReader = request.app.state.reader
    return reader


SettingsDep = Annotated[Settings, Depends(get_settings)]
StoreDep = Annotated[Store, Depends(get_store)]
PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
