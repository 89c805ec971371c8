"""Reading pages of the web. Here a page is parsed on the loop, but in small bites, and others run between them."""

import asyncio
from html import escape
from http import HTTPStatus

import aiohttp

from shelf.limits import PAGE_SECONDS
from shelf.parsing import Page, _HeadReader, decode_page, parse_page

PAGE_BYTES = 1024 * 1024
BITE = 16 * 1024
HTML_TYPES = {"text/html", "application/xhtml+xml"}


class PageError(Exception):
    """A page cannot be read; the message says why."""


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
    try:
        return await fetch_page(url)
    except PageError:
        return Page(url)


async def fetch_page(url: str) -> Page:
    """Return what the HTML page at `url` says about itself, within PAGE_SECONDS and from its first PAGE_BYTES.

    Raises PageError, whatever keeps the page from being read.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise PageError("it is no http or https URL")
    timeout = aiohttp.ClientTimeout(total=PAGE_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer:
            text = await _read_html(answer)
    except TimeoutError as error:
        raise PageError(f"it took longer than {PAGE_SECONDS:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise PageError("it cannot be reached") from error
    return await _parse(url, text, base=str(answer.url))


async def _parse(url: str, html: str, base: str) -> Page:
    """Return what `parse_page` returns, for pages whose head it finds bite by bite."""
    reader = _HeadReader()
    for start in range(0, len(html), BITE):
        reader.feed(html[start : start + BITE])
        await asyncio.sleep(0)
    said = reader.meta
    head = f"<title>{escape(reader.title)}</title>"
    head += "".join(f'<meta name="{escape(name)}" content="{escape(said[name])}">' for name in said)
    return parse_page(url, head, base)


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
