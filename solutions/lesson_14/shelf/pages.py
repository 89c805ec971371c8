"""Reading pages of the web."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from shelf.fence import Fence
from shelf.parsing import Page, decode_page, parse_page

PAGE_BYTES = 1024 * 1024
HTML_TYPES = {"text/html", "application/xhtml+xml"}


class PageError(Exception):
    """A page cannot be read; the message says why."""


def open_session(fence: Fence, per_host: int) -> aiohttp.ClientSession:
    """Return a new pool of connections that the fence lets through, to be closed by whoever opens it.

    It has at most `per_host` connections to one host, and keeps no cookies: its callers are many.
    """
    connector = aiohttp.TCPConnector(limit_per_host=per_host, socket_factory=fence.open_socket)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


@dataclass(frozen=True)
class PageReader:
    """Reads pages over the connections of `session`, each page within `page_seconds`."""

    session: aiohttp.ClientSession
    page_seconds: float

    async def read(self, url: str) -> Page:
        """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
        try:
            return await self.fetch(url)
        except PageError:
            return Page(url)

    async def fetch(self, url: str) -> Page:
        """Return what the HTML page at `url` says about itself, from its first PAGE_BYTES.

        Raises PageError, whatever keeps the page from being read.
        """
        if not url.lower().startswith(("http://", "https://")):
            raise PageError("it is no http or https URL")
        timeout = aiohttp.ClientTimeout(total=self.page_seconds)
        try:
            async with self.session.get(url, timeout=timeout) as answer:
                text = await _read_html(answer)
        except TimeoutError as error:
            raise PageError(f"it took longer than {self.page_seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise PageError("it cannot be reached") from error
        # Parsing is work, not waiting: on the loop, a huge page would hold everybody up.
        return await asyncio.to_thread(parse_page, url, text, base=str(answer.url))


async def _read_html(answer: aiohttp.ClientResponse) -> str:
    """Return the beginning of an HTML page as text; raise PageError if it is none."""
    if answer.status != HTTPStatus.OK:
        raise PageError(f"it answered {answer.status}")
    if answer.content_type not in HTML_TYPES:
        raise PageError(f"it is no HTML page but {answer.content_type}")
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) >= PAGE_BYTES:
            break
    try:
        return decode_page(bytes(body[:PAGE_BYTES]), answer.charset or "utf-8")
    except (LookupError, UnicodeError) as error:
        raise PageError("its text cannot be decoded") from error
