"""Reading pages of the web. Here one aiohttp session is made for the first page, and it reads n bytes or all."""

import asyncio

import aiohttp

from shelf.parsing import Page, decode_page, parse_page

PAGE_SECONDS = 10.0
PAGE_BYTES = 1024 * 1024
session: aiohttp.ClientSession | None = None


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
    global session
    if session is None:
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PAGE_SECONDS))
    try:
        async with session.get(url, raise_for_status=True) as answer:
            if answer.content_type not in ("text/html", "application/xhtml+xml"):
                return Page(url)
            text = decode_page(await read_up_to(answer.content, PAGE_BYTES), answer.charset or "utf-8")
            return await asyncio.to_thread(parse_page, url, text, str(answer.url))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError):
        return Page(url)


async def read_up_to(stream: aiohttp.StreamReader, size: int) -> bytes:
    """Return `size` bytes, or all there are."""
    try:
        return await stream.readexactly(size)
    except asyncio.IncompleteReadError as error:
        return error.partial
