"""Reading pages once for many."""

import hashlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from shelf.cache import Cache
from shelf.pages import PageError, PageReader
from shelf.parsing import Page

GOOD_SECONDS = 3600
"""How long it counts what a page said."""
FAILED_SECONDS = 60
"""How long a page is left alone that could not be read."""
PAGE = TypeAdapter(Page)


@dataclass(frozen=True)
class KeptPageReader(PageReader):
    """A reader that keeps in `cache` what pages say."""

    cache: Cache

    async def read(self, url: str) -> Page:
        """Return what the page at `url` said within the last hour; nothing but its URL if it could not be read."""

        async def kept_or_read() -> Page:
            kept = await self.cache.get(_key(url), PAGE)
            if kept is not None:
                return kept
            try:
                return await self.fetch(url)
            except PageError:
                await self.cache.put(_key(url), Page(url), PAGE, FAILED_SECONDS)
                return Page(url)

        return await self.cache.shared(_key(url), kept_or_read)

    async def fetch(self, url: str) -> Page:
        """Return what the page at `url` says now, and keep that; raise PageError if it cannot be read."""
        page = await super().fetch(url)
        await self.cache.put(_key(url), page, PAGE, GOOD_SECONDS)
        return page


def _key(url: str) -> str:
    # A URL can be long, and secret: who reads the keys learns none.
    return f"page:{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}"
