"""Reading pages once for many."""

import hashlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from shelf.cache import Cache
from shelf.pages import PageReader
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
        # TODO: fifty may ask at once. And that a page could not be read does not count as long as what it says.
        kept = await self.cache.get(_key(url), PAGE)
        if kept is not None:
            return kept
        page = await super().read(url)
        await self.cache.put(_key(url), page, PAGE, GOOD_SECONDS)
        return page

    async def fetch(self, url: str) -> Page:
        """Return what the page at `url` says now, and keep that; raise PageError if it cannot be read."""
        # TODO: whoever checks this page next is told what was kept before.
        return await super().fetch(url)


def _key(url: str) -> str:
    # A URL can be long, and secret: who reads the keys learns none.
    return f"page:{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}"
