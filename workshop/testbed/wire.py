"""A counting proxy before PostgreSQL: what a service has on the wire, whatever its code looks like."""

import asyncio
import socket
import struct
from typing import Self

from workshop.testbed.loop import run
from workshop.testbed.network import bind, lasting_port

ASKS_FOR_MORE = (80877103, 80877104)
"""What a client sends first that would like TLS or GSSAPI, before it begins."""
HEAD = 5
"""Bytes before the content of a message: its kind, and its length."""
WAITING = b"SQ"
"""The kinds of messages after which a client waits: Sync, and a simple query."""
RUNNING = b"EQ"
"""The kinds of messages that run a statement: Execute, and a simple query."""
CANCEL = 80877102
"""What it sends on a connection that only cancels what runs on another one."""


class Wire:
    """A port of 127.0.0.1 that leads to a server, until `close`. Counters may be read from any thread at any time.

    A connection counts from the client's first words to its end, whichever side ends it. One that only brings the
    request to cancel a statement is none, and neither is one without a word.
    """

    def __init__(self, host: str, port: int) -> None:
        self.open = 0
        """How many connections there are now."""
        self.most = 0
        """The highest value that `open` ever had."""
        self.made = 0
        """How many connections were made so far."""
        self.trips = 0
        """How often a client has waited for the server so far: for a statement, a BEGIN, a COMMIT, a sign of life."""
        self.executed = 0
        """How often a statement was run so far, BEGIN and COMMIT included: once, or once a row."""
        self.received = 0
        """How many bytes the server has sent so far."""
        self.refused = False
        self.paused = False
        self.target = host, port
        self.sides: set[_Side] = set()
        self.port = lasting_port()
        self._kept: socket.socket | None = bind(self.port)
        self._server: asyncio.Server | None = None
        run(self._listen())

    def kill(self) -> int:
        """End all connections at once, as a fault of the network does; return how many. New ones are welcome."""
        return run(self._kill())

    def refuse(self) -> None:
        """From now on let nobody connect; the connections that are there stay."""
        run(self._refuse())

    def accept(self) -> None:
        """Let everybody connect again."""
        run(self._listen())

    def pause(self) -> None:
        """From now on hold back all that either side sends; connections can be made, and get no answer."""
        run(self._pause(True))

    def resume(self) -> None:
        """Send what was held back, and hold back nothing more."""
        run(self._pause(False))

    def forget(self) -> None:
        """Count anew: `most` is what is open; nothing was `made`, `executed` or `received`, and there was no trip."""
        self.most, self.made, self.trips, self.executed, self.received = self.open, 0, 0, 0, 0

    def close(self) -> None:
        """Stop for good."""
        run(self._close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # On the background loop

    async def _listen(self) -> None:
        if self._kept is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Caller(self), sock=self._kept, backlog=512)
            self._kept, self.refused = None, False

    async def _refuse(self) -> None:
        if self._server is not None and self._kept is None:
            self._server.close()
            self._kept, self.refused = bind(self.port), True  # nobody else gets the port meanwhile

    async def _kill(self) -> int:
        number = self.open
        for side in list(self.sides):
            side.abort()
        return number

    async def _pause(self, paused: bool) -> None:
        self.paused = paused
        for side in list(self.sides):
            side.flow()

    async def _close(self) -> None:
        await self._refuse()
        if self._kept is not None:
            self._kept.close()
        await self._kill()


class _Side(asyncio.Protocol):
    """One end of a connection: what it says goes to its peer."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.peer: _Side | None = None
        self._transport: asyncio.Transport | None = None
        self._held: list[bytes] = []
        self._is_last = False

    def send(self, data: bytes) -> None:
        """Let this end have data, now or when it may."""
        self._held.append(data)
        self.flow()

    def finish(self) -> None:
        """Close this end, once it has all that it was to have."""
        self._is_last = True
        self.flow()

    def flow(self) -> None:
        """Go on, unless things are to be held back or this end is not there yet."""
        if self._transport is None or self.wire.paused:
            return
        self._transport.writelines(self._held)
        self._held.clear()
        if self._is_last:
            self._transport.close()

    def abort(self) -> None:
        """Close this end at once."""
        self._is_last = True
        self._held.clear()
        if self._transport:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.wire.sides.add(self)
        self.flow()

    def data_received(self, data: bytes) -> None:
        self.wire.received += len(data)
        if self.peer:
            self.peer.send(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.sides.discard(self)
        if self.peer:
            self.peer.finish()

    def pause_writing(self) -> None:
        if self.peer and self.peer._transport:
            self.peer._transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer and self.peer._transport:
            self.peer._transport.resume_reading()


class _Messages:
    """What a client says after its greeting, in pieces of any size."""

    def __init__(self) -> None:
        self._head = b""
        self._rest = 0

    def take(self, data: bytes) -> bytes:
        """Read on; return the kinds of the messages that have begun, in their order."""
        found, at = bytearray(), 0
        while at < len(data):
            if self._rest:
                step = min(self._rest, len(data) - at)
                self._rest -= step
            else:
                step = min(HEAD - len(self._head), len(data) - at)
                self._head += data[at : at + step]
                if len(self._head) == HEAD:
                    found += self._head[:1]
                    self._rest, self._head = struct.unpack("!i", self._head[1:])[0] - 4, b""
            at += step
        return bytes(found)


class _Caller(_Side):
    """The client's end; its peer is the server's."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._first = b""
        self._counts = False
        self._messages = _Messages()

    def data_received(self, data: bytes) -> None:
        if self.peer:
            self._count(data)
            self.peer.send(data)
            return
        self._first += data
        while len(self._first) >= 8:
            code: int = struct.unpack("!ii", self._first[:8])[1]
            if code not in ASKS_FOR_MORE:
                self._begin(counts=code != CANCEL)
                return
            self._first = self._first[8:]
            if self._transport:
                self._transport.write(b"N")  # the wire's own answer, which is never held back

    def _begin(self, *, counts: bool) -> None:
        if counts:
            self._counts = True
            self.wire.made += 1
            self.wire.open += 1
            self.wire.most = max(self.wire.most, self.wire.open)
        length: int = struct.unpack("!i", self._first[:4])[0]
        self._count(self._first[length:])
        self.peer = _Side(self.wire)
        self.peer.peer = self
        self.peer.send(self._first)
        self._connecting = asyncio.ensure_future(self._connect(self.peer))

    def _count(self, data: bytes) -> None:
        kinds = self._messages.take(data)
        self.wire.trips += sum(kind in WAITING for kind in kinds)
        self.wire.executed += sum(kind in RUNNING for kind in kinds)

    async def _connect(self, called: _Side) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: called, *self.wire.target)
        except OSError:
            self.abort()

    def abort(self) -> None:
        self._leave()
        super().abort()

    def eof_received(self) -> None:
        self._leave()

    def connection_lost(self, error: Exception | None) -> None:
        self._leave()
        super().connection_lost(error)

    def _leave(self) -> None:
        if self._counts:
            self._counts = False
            self.wire.open -= 1
