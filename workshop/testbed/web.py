"""The world outside: pages on loopback that can be held back, slow, broken or endless, and that count their visitors.

It speaks HTTP/1.1 by hand, because a well-behaved server library cannot misbehave on purpose.
"""

import asyncio
import itertools
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from workshop.testbed.loop import run
from workshop.testbed.network import closed_port, listen
from workshop.testbed.pages import Body, Dripping, Endless, Page, Whole
from workshop.testbed.reason import Reason
from workshop.testbed.visited import Visited
from workshop.testbed.waiting import Waiter


class Web(Visited):
    """A small internet on one loopback port. Counters may be read from any thread at any time."""

    def __init__(self, waiter: Waiter | None = None) -> None:
        self.waiter = waiter or Waiter()
        self.pages: dict[str, Page] = {}
        self.visits = 0
        """How many requests have arrived so far."""
        self.inside = 0
        """How many requests are being answered, or held, right now."""
        self.most_inside = 0
        """The highest value that `inside` ever had."""
        self.connections_made = 0
        self.connections_open = 0
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        listener = listen()
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = run(asyncio.start_server(self._connection, sock=listener, backlog=512))

    def page(
        self,
        title: str | None = None,
        *,
        description: str | None = None,
        image: str | None = None,
        body: str | bytes | Body | None = None,
        status: int = 200,
        content_type: str | None = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
    ) -> Page:
        """Put up a page and return it; without a `body` it is HTML with this title, description and image."""
        content = _html(title, description, image) if body is None else body
        if isinstance(content, str):
            content = content.encode()
        sent = Whole(content) if isinstance(content, bytes) else content
        fields = dict(headers or {})
        if content_type is not None:
            fields["Content-Type"] = content_type
        path = path or f"/page-{next(self._numbers)}"
        page = Page(self, self.origin + path, sent, status, fields)
        self.pages[path] = page
        return page

    def redirect(self, to: str, status: int = 302) -> Page:
        """Put up a page that sends its visitors on to the URL `to`."""
        return self.page(body=b"", status=status, headers={"Location": to})

    def endless(
        self, start: str | bytes = b"<html><head>", filler: bytes = b" " * 65536, *, pause: float = 0.0
    ) -> Page:
        """Put up a page that begins with `start` and goes on with `filler` as long as anybody reads.

        It sends as fast as it is read, or with `pause` seconds after each piece, so that it fills nobody's memory.
        """
        return self.page(body=Endless(start.encode() if isinstance(start, str) else start, filler, pause=pause))

    def dripping(self, every: float = 0.2) -> Page:
        """Put up a page that sends one byte each `every` seconds, for ever."""
        return self.page(body=Dripping(every))

    def broken(self) -> Page:
        """Put up a page that promises more bytes than it sends, and hangs up."""
        return self.page(body=Whole(b"<html><title>Hal", promised=5000))

    def refused(self) -> str:
        """Return a URL on which nobody listens."""
        return f"http://127.0.0.1:{closed_port()}/"

    @property
    def waits_by(self) -> Waiter:
        """What the waiting for visitors goes through."""
        return self.waiter

    def nobody_came(self, visitors: int) -> Reason:
        """Why a step fails when so many visitors of its pages have not come."""
        return Reason(
            saw=f"Shelf did not fetch the page as it was asked to: {self.inside} came.",
            expected=f"{visitors} visitors at the same time.",
            cause="the request was answered, or failed, before the page was fetched; or the pages are fetched one by"
            " one.",
            look="the route that this step calls; `--traceback` shows the request.",
        )

    def close(self) -> None:
        """Stop listening and drop every connection."""
        run(self._close())

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections_made += 1
        self.connections_open += 1
        try:
            while await self._one_request(reader, writer):
                pass
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.connections_open -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request on this connection; False when the connection is to be closed."""
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ", 2)[1].decode("latin-1")
        page = self.pages.get(urlsplit(target).path) or Page(self, target, Whole(b"No such page."), 404, {})
        self.visits += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        page.arrive(head)
        try:
            return await page.answer(reader, writer, head_only=head.startswith(b"HEAD "))
        finally:
            self.inside -= 1
            page.leave()


def _html(title: str | None, description: str | None, image: str | None) -> str:
    head = "" if title is None else f"<title>{escape(title)}</title>"
    if description is not None:
        head += f'<meta name="description" content="{escape(description)}">'
    if image is not None:
        head += f'<meta property="og:image" content="{escape(image)}">'
    return f"<!doctype html><html><head>{head}</head><body><p>A page.</p></body></html>"
