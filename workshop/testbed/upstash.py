"""The Upstash Redis REST API on a loopback port, over fakeredis: the vendor's own clients speak to it.

It follows the vendor's documentation of the REST API: commands as JSON or as a path, pipelines, transactions. Heavy
imports wait until a server is made.
"""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import secrets
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

T = TypeVar("T")
Command = list[str]

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
UNAVAILABLE = re.compile(
    r"B[LRZ]\w+|WAIT\w*|MULTI|EXEC|DISCARD|(UN)?WATCH|[PS]?(UN)?SUBSCRIBE|MONITOR"
    r"|AUTH|HELLO|SELECT|QUIT|RESET|CLIENT|ACL|CONFIG|SHUTDOWN|(?!JSON\.)\w+\..*"
)
"""What makes no sense without a connection of one's own (waiting, subscribing, changing its state), foreign modules."""


class Database:
    """One fresh fakeredis server, answering as the REST API does. Not thread-safe; commands run one after another."""

    def __init__(self) -> None:
        import fakeredis

        # A script that sets a Lua global poisons its server for good, so no two databases share one.
        self.server = fakeredis.FakeServer()
        self.redis: Any = fakeredis.FakeRedis(server=self.server, protocol=2, single_connection_client=True)
        self.redis.response_callbacks.clear()  # raw replies: the callers' clients do the casting

    def run(self, command: Command, *, encoded: bool) -> dict[str, Any]:
        """Run one command; return {"result": ...} or {"error": text}. With `encoded`, strings come as base64."""
        try:
            return _reply(self._send(command), encoded=encoded)
        except Exception as error:  # for odd arguments fakeredis raises whatever it stumbles on
            return {"error": _told(error)}

    def transaction(self, commands: list[Command], *, encoded: bool) -> list[dict[str, Any]] | dict[str, Any]:
        """Run all commands as one, or none if one of them is refused; return their replies, or the one error."""
        try:
            self.redis.execute_command("MULTI")
            for queued in [self.run(command, encoded=False) for command in commands]:
                if "error" in queued:
                    self.redis.execute_command("DISCARD")
                    return queued
            return [_reply(each, encoded=encoded) for each in self.redis.execute_command("EXEC")]
        except Exception as error:
            return {"error": _told(error)}

    def _send(self, command: Command) -> Any:
        name, arguments = command[0].upper(), command[1:]
        if name.split() != [name]:  # redis-py would make several words of it, or wait for ever for an answer to none
            raise ValueError(f"unknown command '{name}'")
        options = itertools.takewhile(lambda word: word != "STREAMS", map(str.upper, arguments))
        if UNAVAILABLE.fullmatch(name) or (name in {"XREAD", "XREADGROUP"} and "BLOCK" in options):
            raise ValueError(f"Command is not available: '{name}'")
        place = {"EVAL": 0, "EVAL_RO": 0, "SCRIPT": 1}.get(name, len(arguments))
        arguments[place : place + 1] = map(self._without_flags, arguments[place : place + 1])
        return self.redis.execute_command(name, *(word.encode(errors="surrogateescape") for word in arguments))

    def _without_flags(self, script: str) -> str:
        """Take off the first line of flags, an extension of Upstash's. The hash of the whole still finds the script."""
        plain = re.sub(r"\A#!lua[^\n]*", "", script)
        if plain != script:
            sha = hashlib.sha1(script.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()
            self.server.script_cache[sha.encode()] = plain.encode(errors="surrogateescape")
        return plain


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
        self._kept: socket.socket | None = _bind(0)
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
        self._fault = Fault(answer=(status, _json({"error": "ERR the server is out of order"})))

    def heal(self) -> None:
        """End every fault, death too; requests left hanging lose their connection."""
        self._fault = Fault()
        self.come_back()
        self._run(self._drop_hanging())

    def die(self) -> None:
        """Stop listening and drop every connection; the data stay, and nobody else gets the port."""
        if self._kept is None:
            self._run(self._stop())
            self._kept = _bind(self._port)

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
            return 401, _json({"error": "WRONGPASS invalid or missing auth token"})
        try:
            kind, commands = _read(request.scope["raw_path"], query, body)
        except ValueError as error:
            return 400, _json({"error": f"ERR {error}"})
        self.commands += commands
        if not obey:
            return 503, b""
        encoded = request.headers.get("upstash-encoding") == "base64"
        result: Any = [self._database.run(command, encoded=encoded) for command in commands if kind != "multi-exec"]
        if kind == "multi-exec":
            result = self._database.transaction(commands, encoded=encoded)
        elif kind == "command":
            result = result[0]
        return 400 if "error" in result else 200, _json(result)


def _read(path: bytes, query: list[tuple[str, str]], body: bytes) -> tuple[str, list[Command]]:
    """Return the kind of a request and its commands; ValueError if there is no sense in it."""
    first, *others = path.decode("latin-1").lstrip("/").split("/")
    if not first:
        return "command", [_command(_parsed(body))]
    if first in {"pipeline", "multi-exec"} and not others:
        rows = _parsed(body)
        if not isinstance(rows, list) or not rows:
            raise ValueError("the body must be a list of commands")
        return first, [_command(row) for row in rows]
    words = [unquote(word, errors="surrogateescape") for word in (first, *others)]
    words += [body.decode(errors="surrogateescape")] if body else []
    words += [word for name, value in query if name != "_token" for word in (name, value) if word]
    return "command", [words]


def _parsed(body: bytes) -> Any:
    """Parse JSON; numbers stay the text that was sent."""
    try:
        return json.loads(body, parse_int=str, parse_float=str)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None


def _command(row: Any) -> Command:
    if not isinstance(row, list) or not row:
        raise ValueError("a command must be a list that begins with its name")
    return [_word(each) for each in row]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        raise ValueError("arguments must be strings, numbers or booleans")
    value.encode()  # half a surrogate pair is JSON, but no text; the error is a ValueError
    return value


def _reply(value: Any, *, encoded: bool) -> dict[str, Any]:
    return {"error": _told(value)} if isinstance(value, Exception) else {"result": _value(value, encoded=encoded)}


def _value(value: Any, *, encoded: bool) -> Any:
    """Turn a raw reply into what JSON can carry; only "OK" is never base64, as the vendor documents."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, list):
        return [_value(each, encoded=encoded) for each in value]
    if isinstance(value, Exception):  # a script may put errors into a list
        value = _told(value)
    raw = value if isinstance(value, bytes) else str(value).encode()
    return base64.b64encode(raw).decode() if encoded and raw != b"OK" else raw.decode(errors="replace")


def _told(error: Exception) -> str:
    """Return the text of an error as Redis sends it, with the code in front that redis-py takes off."""
    code = getattr(error, "status_code", "ERR")
    return f"{code} {error}" if code else str(error)


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


def _bind(port: int) -> socket.socket:
    """Return a socket that holds a loopback port without listening; see `network.listen` for the options."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    held.setblocking(False)
    return held
