"""What routes ask for."""

from typing import Annotated

from fastapi import Depends

from shelf.config import Settings, load_settings
from shelf.pages import PageReader, open_session
from shelf.store import Store

_settings = load_settings()
_store = Store()


# TODO: these belong to the process, not to an app: every app gets the same.
async def get_settings() -> Settings:
    """Return the settings of this app."""
    return _settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


# TODO: the same holds here: what one app keeps, the other one shows.
async def get_store() -> Store:
    """Return the store of this app."""
    return _store


StoreDep = Annotated[Store, Depends(get_store)]


# TODO: each reader opens connections of its own, and nobody closes them.
async def get_page_reader() -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    return PageReader(open_session(), _settings.page_seconds)


PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
