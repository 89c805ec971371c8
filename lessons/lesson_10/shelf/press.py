"""Press: prints pages of the web as plain text.

This stands for a library that somebody else wrote: it waits the blocking way, it has no async twin, and it is not
yours to change.
"""

import contextlib
import http.client
import socket
import textwrap
import time
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

SECONDS = 10.0
MOST_BYTES = 1024 * 1024
WIDTH = 72

Connect = Callable[..., socket.socket]
"""What is called like `socket.create_connection(place, timeout, source_address)`."""


class PressError(Exception):
    """A page cannot be printed; the message says why."""


def print_page(url: str, connect: Connect = socket.create_connection) -> str:
    """Fetch the page at `url` and return its words in lines of 72 characters; raise PressError if that fails.

    `connect` makes every connection, also those that a redirect asks for; an OSError from it means that there is none.
    """
    deadline = time.monotonic() + SECONDS
    try:
        with _opener(connect).open(url, timeout=SECONDS) as answer:
            html = _read(answer, deadline).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PressError("the page cannot be printed") from error
    words = _Words()
    with contextlib.suppress(AssertionError):  # see shelf/parsing.py
        words.feed(html + "<")  # without close(), which takes hours over a hostile page
    paragraphs = (" ".join(paragraph.split()) for paragraph in "".join(words.found).split("\n\n"))
    return "\n\n".join(textwrap.fill(paragraph, WIDTH) for paragraph in paragraphs if paragraph) + "\n"


def _opener(connect: Connect) -> urllib.request.OpenerDirector:
    """Return an opener that follows redirects and speaks nothing but HTTP; urlopen would read local files too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        _Web(connect),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Web(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens http and https URLs over connections that `connect` makes."""

    def __init__(self, connect: Connect) -> None:
        super().__init__()
        self._connect = connect

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._made_by(http.client.HTTPConnection), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._made_by(http.client.HTTPSConnection), request)

    def _made_by(self, kind: type[http.client.HTTPConnection]) -> Any:
        def make(host: str, **how: Any) -> http.client.HTTPConnection:
            made = kind(host, **how)
            made._create_connection = self._connect  # type: ignore[attr-defined]
            return made

        return make


def _read(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return the first MiB of the body; raise TimeoutError when the deadline passes before that."""
    body = bytearray()
    while len(body) < MOST_BYTES and (piece := answer.read1(MOST_BYTES - len(body))):
        body += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


class _Words(HTMLParser):
    """Collects the words that a reader of the page would see, with an empty line between blocks."""

    SILENT = frozenset({"script", "style", "template"})
    BLOCKS = frozenset({"title", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "tr", "pre", "blockquote"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        self._end_block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in self.SILENT))
        self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data.replace("\n", " "))

    def _end_block(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.found.append("\n\n")
