"""One page of the stand-in web: what it answers, who is inside, and the gate that holds visitors back."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from workshop.testbed.loop import background_loop
from workshop.testbed.reason import Reason
from workshop.testbed.visited import Visited
from workshop.testbed.waiting import Waiter

if TYPE_CHECKING:
    from workshop.testbed.web import Web


class Body(Protocol):
    """What a page sends after its headers."""

    @property
    def length(self) -> int | None:
        """What Content-Length says; None leaves the header out."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, piece by piece."""

    @property
    def pause(self) -> float:
        """Seconds between two pieces."""


@dataclass
class Whole:
    """A body sent at once; `promised` lies about its length."""

    content: bytes
    promised: int | None = None
    pause: float = 0.0

    @property
    def length(self) -> int | None:
        return len(self.content) if self.promised is None else self.promised

    def chunks(self) -> Iterator[bytes]:
        yield self.content


@dataclass
class Endless:
    """A body without end."""

    start: bytes
    filler: bytes
    length: int | None = None
    pause: float = 0.0

    def chunks(self) -> Iterator[bytes]:
        yield self.start
        while True:
            yield self.filler


@dataclass
class Dripping:
    """A body of single bytes with a pause after each, without end."""

    pause: float
    length: int | None = None

    def chunks(self) -> Iterator[bytes]:
        while True:
            yield b" "


class Gate:
    """Holds visitors back until it is opened; pages can share one."""

    def __init__(self) -> None:
        self.open = False
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def pass_through(self) -> None:
        """Wait here until the gate lets this visitor go on."""
        if self.open:
            return
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await turn
        finally:
            if turn in self.waiting:
                self.waiting.remove(turn)

    def release(self, visitors: int | None = None) -> None:
        """Let the first `visitors` that wait go on; without a number, open the gate for good."""
        background_loop().call_soon_threadsafe(self._release, visitors)

    def _release(self, visitors: int | None) -> None:
        self.open = self.open or visitors is None
        for _ in range(len(self.waiting) if visitors is None else min(visitors, len(self.waiting))):
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)


@dataclass(eq=False)
class Page(Visited):
    """A page at `url`. Counters may be read from any thread at any time."""

    web: "Web"
    url: str
    body: Body
    status: int
    headers: dict[str, str]
    gate: Gate | None = None
    visits: int = 0
    """How many requests have come for this page so far."""
    inside: int = 0
    """How many of them are being answered, or held, right now."""
    most_inside: int = 0
    bytes_sent: int = 0
    """Bytes of body handed to the network so far; buffers may hold some of them."""
    requests: list[str] = field(default_factory=list)
    """The head of every request for this page, as it came."""

    def hold(self, gate: Gate | None = None) -> "Page":
        """Let visitors in but keep their answers back until `release`; pages that share a gate go on together."""
        self.gate = gate or Gate()
        return self

    def release(self, visitors: int | None = None) -> None:
        """Answer the first `visitors` that are held; without a number, hold nobody any more."""
        if self.gate:
            self.gate.release(visitors)

    @property
    def waits_by(self) -> Waiter:
        """What the waiting for visitors goes through."""
        return self.web.waiter

    def nobody_came(self, visitors: int) -> Reason:
        """Why a step fails when so many visitors of this page have not come."""
        return Reason(
            saw=f"Shelf did not fetch {self.url} as it was asked to: {self.inside} of {visitors} visits came.",
            expected="the page is fetched while its caller waits for the answer.",
            cause="the route answered, or failed, before it fetched the page; or it does not fetch at all.",
            look="the route that this step calls, and how it gets from there to the page.",
        )

    def arrive(self, head: bytes) -> None:
        """Count a visitor in."""
        self.visits += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.requests.append(head.decode("latin-1"))

    def leave(self) -> None:
        """Count a visitor out."""
        self.inside -= 1

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, head_only: bool) -> bool:
        """Answer one visitor (HEAD asks for the head only); False when the connection cannot serve another request."""
        if self.gate and not await _unless_gone(self.gate.pass_through(), reader):
            return False
        writer.write(self._head())
        await writer.drain()
        if head_only:
            return self.body.length is not None
        for chunk in self.body.chunks():
            writer.write(chunk)
            await writer.drain()
            self.bytes_sent += len(chunk)
            if self.body.pause and not await _unless_gone(asyncio.sleep(self.body.pause), reader):
                return False
        return isinstance(self.body, Whole) and self.body.promised is None

    def _head(self) -> bytes:
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        fields = dict(self.headers)
        if self.body.length is not None:
            fields["Content-Length"] = str(self.body.length)
        else:
            fields["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _unless_gone(wait: Coroutine[Any, Any, None], reader: asyncio.StreamReader) -> bool:
    """Wait; False if the visitor hangs up before that is over."""
    held = asyncio.ensure_future(wait)
    gone = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({held, gone}, return_when=asyncio.FIRST_COMPLETED)
        return held.done()
    finally:
        held.cancel()
        gone.cancel()
        await asyncio.gather(held, gone, return_exceptions=True)
