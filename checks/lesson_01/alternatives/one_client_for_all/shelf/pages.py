"""Reading pages of the web. Here all checks share one httpx2 client, which keeps connections for later."""

import asyncio

import httpx2

from shelf.parsing import Page, decode_page, parse_page

PAGE_SECONDS = 10.0
PAGE_BYTES = 1024 * 1024
CLIENT = httpx2.AsyncClient(follow_redirects=True, timeout=PAGE_SECONDS)


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
    try:
        async with asyncio.timeout(PAGE_SECONDS), CLIENT.stream("GET", url) as answer:
            return parse_page(url, await read_html(answer), base=str(answer.url))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, LookupError):
        return Page(url)


async def read_html(answer: httpx2.Response) -> str:
    """Return the beginning of an HTML page; raise ValueError or LookupError where it is none."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code != 200 or not kind.startswith(("text/html", "application/xhtml+xml")):
        raise ValueError(kind)
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) >= PAGE_BYTES:
            break
    return decode_page(body[:PAGE_BYTES], answer.charset_encoding or "utf-8")
