"""The Upstash Redis REST API on a loopback port, over fakeredis: the vendor's own clients speak to it.

It follows the vendor's documentation of the REST API: commands as JSON or as a path, pipelines, transactions. Heavy
imports wait until a server is made.
"""

import asyncio
import itertools
import secrets
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import parse_qsl

from workshop.testbed.network import bind
from workshop.testbed.upstash_protocol import Command, Database, as_json, read_request

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

T = TypeVar("T")

GUARD = 10.0
NONSENSE = (
    b"<html><body>502 Bad Gateway</body></html>",
    b"",
    b'{"result": "cut o',
    b"null",
    b"[]",
    b"{}",
    b'{"result": {"a": 1}}',
    b'{"result": "not base64!"}',
)
"""Answers that no client can use: no JSON, cut JSON, JSON that is not the protocol, text that is not base64."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with the server: every answer comes `seconds` late (None: never), or is replaced by `answer`."""

    seconds: float | None = 0
    answer: tuple[int, bytes] | None = None

    @property
    def obeys(self) -> bool:
        """Whether commands still take effect."""
        return self.answer is None and self.seconds is not None


class Upstash:
    """A Redis database behind the REST API of Upstash, serving from a thread of its own until `close`.

    One fault at a time: `slow`, `hang`, `nonsense` and `fail` replace one another, `heal` ends them all.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self.commands: list[Command] = []
        """Every command seen so far, refused ones too, each a list of texts: ["SET", "key", "value", "EX", "60"]."""
        self._fault = Fault()
        self._hanging: set[Any] = set()
        self._sync = itertools.count(1)
        self._database = Database()
        self._kept: socket.socket | None = bind(0)
        self._port: int = self._kept.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="testbed-upstash", daemon=True)
        self._thread.start()
        self.come_back()

    @property
    def env(self) -> dict[str, str]:
        """The environment variables by which a service finds this server."""
        return {"UPSTASH_REDIS_REST_URL": self.url, "UPSTASH_REDIS_REST_TOKEN": self.token}

    def clear(self) -> None:
        """Empty the database, scripts too, and forget the commands seen; faults stay."""
        self._run(self._clear())

    def slow(self, seconds: float) -> None:
        """From now on do at once what is asked, and answer so many seconds later."""
        self._fault = Fault(seconds=seconds)

    def hang(self) -> None:
        """From now on take requests, do nothing and never answer."""
        self._fault = Fault(seconds=None)

    def nonsense(self, body: bytes = NONSENSE[0]) -> None:
        """From now on do nothing and answer 200 with `body`; `NONSENSE` has several."""
        self._fault = Fault(answer=(200, body))

    def fail(self, status: int = 503) -> None:
        """From now on do nothing and answer with an error and this status."""
        self._fault = Fault(answer=(status, as_json({"error": "ERR the server is out of order"})))

    def heal(self) -> None:
        """End every fault, death too; requests left hanging lose their connection."""
        self._fault = Fault()
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

    # In the server's own thread

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(GUARD)

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
        for _ in range(5):  # a connection that has just come in takes a few turns of the loop to show up
            for connection in list(self._state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)

    async def _clear(self) -> None:
        self._database.redis.flushall()
        self._database.redis.script_flush()
        self.commands.clear()

    async def _drop_hanging(self) -> None:
        for connection in list(self._state.connections):
            if getattr(connection, "client", None) in self._hanging:
                connection.transport.abort()

    async def _app(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        from starlette.requests import ClientDisconnect, Request
        from starlette.responses import Response

        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        fault = self._fault
        status, answer = self._answer(request, body, obey=fault.obeys)
        if fault.seconds != 0 and await self._left(scope["client"], receive, fault.seconds):
            return
        status, answer = fault.answer or (status, answer)
        headers = {"Upstash-Sync-Token": str(next(self._sync))}
        await Response(answer, status, headers, media_type="application/json")(scope, receive, send)

    async def _left(self, client: Any, receive: "Receive", seconds: float | None) -> bool:
        """Wait so many seconds (None: for ever); return True as soon as the caller has left."""
        if seconds is None:
            self._hanging.add(client)
        try:
            async with asyncio.timeout(seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        finally:
            self._hanging.discard(client)
        return True

    def _answer(self, request: "Request", body: bytes, *, obey: bool) -> tuple[int, bytes]:
        """Note what is asked and, if told to `obey`, do it; return status and body."""
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if request.headers.get("authorization") != f"Bearer {self.token}" and ("_token", self.token) not in query:
            return 401, as_json({"error": "WRONGPASS invalid or missing auth token"})
        try:
            kind, commands = read_request(request.scope["raw_path"], query, body)
        except ValueError as error:
            return 400, as_json({"error": f"ERR {error}"})
        self.commands += commands
        if not obey:
            return 503, b""
        encoded = request.headers.get("upstash-encoding") == "base64"
        result: Any = [self._database.run(command, encoded=encoded) for command in commands if kind != "multi-exec"]
        if kind == "multi-exec":
            result = self._database.transaction(commands, encoded=encoded)
        elif kind == "command":
            result = result[0]
        return 400 if "error" in result else 200, as_json(result)
