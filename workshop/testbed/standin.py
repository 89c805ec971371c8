"""What every stand-in is: an HTTP server on loopback, in a thread of its own, that misbehaves on request."""

import asyncio
import itertools
import json
import secrets
import socket
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from workshop.testbed.network import bind
from workshop.testbed.waiting import Waiter

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

T = TypeVar("T")
Reply = tuple[int, bytes]
"""Status and JSON body."""

GUARD = 10.0
GATEWAY = b"<html><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Fault:
    """What is wrong with the server: every answer comes `seconds` late (None: never), or is replaced by `answer`."""

    seconds: float | None = 0
    answer: Reply | None = None

    @property
    def obeys(self) -> bool:
        """Whether requests still take effect."""
        return self.answer is None and self.seconds is not None


class StandIn:
    """An HTTP server that serves from a thread of its own until `close`; subclasses say what it answers.

    One fault at a time: `slow`, `hang`, `nonsense` and `fail` replace one another, `heal` ends them all. Its port and
    its token stay the same as long as it lives. Heavy imports wait until one is made.
    """

    def __init__(self, name: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self.waiter = Waiter()
        self._fault = Fault()
        self._gate: asyncio.Event | None = None
        self._held = 0
        self._hanging: set[Any] = set()
        self._numbers = itertools.count(1)
        self._kept: socket.socket | None = bind(0)
        self._port: int = self._kept.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"testbed-{name}", daemon=True)
        self._thread.start()
        self.come_back()

    @property
    def env(self) -> dict[str, str]:
        """The environment variables by which a service finds this server."""
        raise NotImplementedError

    def renew(self, waiter: Waiter | None = None) -> None:
        """Be as new, on the same port and with the same token: no data, no memory, no fault, no connection."""
        self.waiter = waiter or Waiter()
        self._fault = Fault()
        self.release()
        self.come_back()
        self._run(self._renew())

    # Faults

    def slow(self, seconds: float) -> None:
        """From now on do at once what is asked, and answer so many seconds later."""
        self._fault = Fault(seconds=seconds)

    def hang(self) -> None:
        """From now on take requests, do nothing and never answer."""
        self._fault = Fault(seconds=None)

    def nonsense(self, body: bytes = GATEWAY) -> None:
        """From now on do nothing and answer 200 with `body`."""
        self._fault = Fault(answer=(200, body))

    def fail(self, status: int = 503) -> None:
        """From now on do nothing and answer with an error and this status."""
        self._fault = Fault(answer=(status, as_json({"error": "ERR the server is out of order"})))

    def heal(self) -> None:
        """End every fault, death and hold too; requests left hanging lose their connection."""
        self._fault = Fault()
        self.release()
        self.come_back()
        self._run(self._drop_hanging())

    def die(self) -> None:
        """Stop listening and drop every connection; the data stay, and nobody else gets the port."""
        if self._kept is None:
            self._run(self._stop())
            self._kept = bind(self._port)

    def come_back(self) -> None:
        """Listen again, on the same port and with the same data."""
        if self._kept is not None:
            self._run(self._serve(self._kept))
            self._kept = None

    def hold(self) -> None:
        """From now on let requests wait, neither done nor answered, until `release`."""
        self._gate = self._gate or asyncio.Event()

    def release(self) -> None:
        """Let the requests that are held go on, in the order in which they came, and hold no others."""
        self._do(self._open_gate)

    @property
    def held(self) -> int:
        """How many requests are being held."""
        return self._held

    def wait_for_held(self, requests: int = 1, seconds: float = GUARD) -> bool:
        """Wait until so many requests are held; False if that does not come."""
        return self.waiter.until(lambda: self._held >= requests, seconds)

    def close(self) -> None:
        """Stop for good."""
        if self._loop.is_closed():
            return
        self.die()
        if self._kept is not None:
            self._kept.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(GUARD)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What a subclass says, in the server's own thread

    def _answer(self, request: "Request", body: bytes, *, obey: bool) -> Reply:
        """Note what is asked and, if told to `obey`, do it; return status and body."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Have no data and no memory."""
        raise NotImplementedError

    def _may_pass(self, request: "Request", body: bytes) -> bool:
        """Whether a request goes on while others are held."""
        return False

    def _headers(self) -> dict[str, str]:
        """What stands above each answer."""
        return {}

    # In the server's own thread

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(GUARD)

    def _do(self, work: Callable[..., T], *args: Any) -> T:
        async def done() -> T:
            return work(*args)

        return self._run(done())

    async def _serve(self, listener: socket.socket) -> None:
        from uvicorn.config import Config
        from uvicorn.protocols.http.h11_impl import H11Protocol
        from uvicorn.server import ServerState

        # uvicorn's own Server takes 0.2 s to stop and waits for requests that hang; its protocol alone does neither.
        config = Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=600,
        )
        config.load()
        state = self._state = ServerState()
        self._server = await self._loop.create_server(
            lambda: H11Protocol(config, state, {}), sock=listener, backlog=512
        )

    async def _stop(self) -> None:
        self._server.close()
        await self._drop_all()

    async def _renew(self) -> None:
        await self._drop_all()
        self._forget()

    async def _drop_all(self) -> None:
        for _ in range(5):  # a connection that has just come in takes a few turns of the loop to show up
            for connection in list(self._state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)

    async def _drop_hanging(self) -> None:
        for connection in list(self._state.connections):
            if getattr(connection, "client", None) in self._hanging:
                connection.transport.abort()

    def _open_gate(self) -> None:
        if self._gate:
            self._gate.set()
        self._gate = None

    async def _app(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        from starlette.requests import ClientDisconnect, Request
        from starlette.responses import Response

        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        if self._gate and not self._may_pass(request, body) and await self._left_the_gate(self._gate, receive):
            return
        fault = self._fault
        status, answer = self._answer(request, body, obey=fault.obeys)
        if fault.seconds != 0 and await self._left(scope["client"], receive, fault.seconds):
            return
        status, answer = fault.answer or (status, answer)
        await Response(answer, status, self._headers(), media_type="application/json")(scope, receive, send)

    async def _left_the_gate(self, gate: asyncio.Event, receive: "Receive") -> bool:
        """Wait for the gate to open; return True if the caller leaves before."""
        self._held += 1
        leaving = asyncio.ensure_future(_gone(receive))
        opening = asyncio.ensure_future(gate.wait())
        try:
            await asyncio.wait([leaving, opening], return_when=asyncio.FIRST_COMPLETED)
            return leaving.done()
        finally:
            self._held -= 1
            leaving.cancel()
            opening.cancel()

    async def _left(self, client: Any, receive: "Receive", seconds: float | None) -> bool:
        """Wait so many seconds (None: for ever); return True as soon as the caller has left."""
        if seconds is None:
            self._hanging.add(client)
        try:
            async with asyncio.timeout(seconds):
                await _gone(receive)
        except TimeoutError:
            return False
        finally:
            self._hanging.discard(client)
        return True


async def _gone(receive: "Receive") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def as_json(value: Any) -> bytes:
    """Return `value` as the bytes of a JSON document."""
    return json.dumps(value).encode()
