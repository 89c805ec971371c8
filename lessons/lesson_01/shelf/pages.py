"""Reading pages of the web."""

import urllib.error
import urllib.request

from shelf.parsing import Page, decode_page, parse_page

PAGE_SECONDS = 10.0
PAGE_BYTES = 1024 * 1024


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
    # TODO: this waits without letting anybody else run, and it reads to the end, however far away that is.
    # TODO: a page can fail in more ways than URLError, and not everything that arrives is HTML.
    try:
        with urllib.request.urlopen(url, timeout=PAGE_SECONDS) as answer:
            text = decode_page(answer.read(), answer.headers.get_content_charset() or "utf-8")
    except urllib.error.URLError as error:
        raise PageError(f"it cannot be reached: {error.reason}") from error
    return parse_page(url, text, base=answer.url)
