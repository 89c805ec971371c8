"""What routes ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.config import Settings, load_settings
from shelf.pages import PageReader, open_session
from shelf.store import Store

# TODO: these two belong to the process, not to an app: every app gets the same.
_settings = load_settings()
_store = Store()


async def get_settings() -> Settings:
    """Return the settings of this app."""
    return _settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_store() -> Store:
    """Return the store of this app."""
    return _store


StoreDep = Annotated[Store, Depends(get_store)]


async def get_page_reader() -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    # TODO: they share nothing: each opens connections of its own, and nobody closes them.
    return PageReader(open_session(), _settings.page_seconds)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
