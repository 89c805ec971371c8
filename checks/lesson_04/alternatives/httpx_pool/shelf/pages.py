"""Reading pages of the web, over a pool of httpx2's instead of aiohttp's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from shelf.parsing import Page, decode_page, parse_page

PAGE_BYTES = 1024 * 1024
HTML_TYPES = {"text/html", "application/xhtml+xml"}


class PageError(Exception):
    """A page cannot be read; the message says why."""


def open_session() -> httpx2.AsyncClient:
    """Return a new pool of connections that keeps no cookies."""
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx2.AsyncClient(cookies=jar, follow_redirects=True, trust_env=False, timeout=None)


@dataclass(frozen=True)
class PageReader:
    """Reads pages over the connections of `session`, each page within `page_seconds`."""

    session: httpx2.AsyncClient
    page_seconds: float

    async def read(self, url: str) -> Page:
        """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
        try:
            return await self.fetch(url)
        except PageError:
            return Page(url)

    async def fetch(self, url: str) -> Page:
        """Return what the HTML page at `url` says about itself; raise PageError if it cannot be read."""
        try:
            async with asyncio.timeout(self.page_seconds), self._get(url) as answer:
                text, base = await _read_html(answer), str(answer.url)
        except TimeoutError as error:
            raise PageError(f"it took longer than {self.page_seconds:g} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise PageError("it cannot be reached") from error
        return await asyncio.to_thread(parse_page, url, text, base=base)

    @asynccontextmanager
    async def _get(self, url: str) -> AsyncIterator[httpx2.Response]:
        async with self.session.stream("GET", url) as answer:
            yield answer


async def _read_html(answer: httpx2.Response) -> str:
    if answer.status_code != HTTPStatus.OK:
        raise PageError(f"it answered {answer.status_code}")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in HTML_TYPES:
        raise PageError("it is no HTML page")
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) >= PAGE_BYTES:
            break
    try:
        return decode_page(bytes(body[:PAGE_BYTES]), answer.charset_encoding or "utf-8")
    except (LookupError, UnicodeError) as error:
        raise PageError("its text cannot be decoded") from error
