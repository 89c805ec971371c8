"""Reading pages of the web. Here each check makes an httpx client of its own, and text is decoded piece by piece."""

import codecs
import ssl
from email.message import Message

import httpx

from shelf.parsing import Page, parse_page

PAGE_SECONDS = 10.0
PAGE_BYTES = 1024 * 1024
TRUSTED = ssl.create_default_context()  # reading the certificates takes longer than fetching a page


async def read_page(url: str) -> Page:
    """Return what the page at `url` says about itself; nothing but its URL if it cannot be read."""
    async with httpx.AsyncClient(timeout=PAGE_SECONDS, follow_redirects=True, verify=TRUSTED) as client:
        try:
            async with client.stream("GET", url) as answer:
                answer.raise_for_status()
                text = await read_text(answer)
        except Exception:
            return Page(url)
    return parse_page(url, text, base=str(answer.url))


async def read_text(answer: httpx.Response) -> str:
    """Return the beginning of an HTML page; raise some error where it is none."""
    header = Message()
    header["Content-Type"] = answer.headers["Content-Type"]
    if header.get_content_type() not in ("text/html", "application/xhtml+xml"):
        raise ValueError("no HTML")
    decoder = codecs.getincrementaldecoder(header.get_content_charset() or "utf-8")()
    text, left = "", PAGE_BYTES
    async for piece in answer.aiter_bytes():
        text += decoder.decode(piece[:left])
        left -= len(piece)
        if left <= 0:
            return text
    return text + decoder.decode(b"", final=True)
