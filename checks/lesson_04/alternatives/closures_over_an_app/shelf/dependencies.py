"""What routes ask for: names only. Each app puts in what stands behind them when it is created."""

from typing import Annotated

from fastapi import Depends

from shelf.config import Settings
from shelf.pages import PageReader
from shelf.store import Store


async def get_settings() -> Settings:
    """Return the settings of this app."""
    raise NotImplementedError


async def get_store() -> Store:
    """Return the store of this app."""
    raise NotImplementedError


async def get_page_reader() -> PageReader:
    """Return a reader of pages; all readers of this app share its connections."""
    raise NotImplementedError


SettingsDep = Annotated[Settings, Depends(get_settings)]
StoreDep = Annotated[Store, Depends(get_store)]
PageReaderDep = Annotated[PageReader, Depends(get_page_reader)]
