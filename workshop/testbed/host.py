"""The process that serves a learner's code: import it, serve it on loopback, tell the grader what happens.

It runs in a process of its own. Whatever the code does, block, crash, exit, print without end, the grader lives
and can say what it saw. Messages to the grader are JSON on a pipe that is not the service's own port.
"""

import asyncio
import importlib
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from workshop.testbed import hashing, observe
from workshop.testbed.learner_code import import_from, place_of_error
from workshop.testbed.network import listen_at
from workshop.testbed.watchdog import Watchdog

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


@dataclass
class Spec:
    """What to serve."""

    folder: str
    """The folder that holds the package `shelf`."""
    data: str
    """The working folder of the service."""
    log: str
    """The file that takes all that the service prints."""
    env: dict[str, str]
    """Its whole environment."""
    environments: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """One app for each; more than one are made by `shelf.main:create_app`, each under these variables."""
    inside: str | None = None
    """Source of a function to call after the import and before serving; see `Service.ask` for its form."""
    shut_down_seconds: int = 5
    observed: bool = True
    """Whether to watch what the code does with SQLAlchemy, and with passwords."""
    quick_hashes: bool = True
    """Whether argon2 costs nearly nothing, where it is watched."""
    code: dict[bytes, bytes] = field(default_factory=dict)
    """What the service's files compile to; see `compiled`."""


class Host:
    """One life of the service in this process."""

    def __init__(self, channel: Connection, spec: Spec) -> None:
        self.channel = channel
        self.spec = spec
        self.folder = Path(spec.folder)
        self.watchdog = Watchdog(self.folder, self.report)
        self.lock = threading.Lock()
        self.apps: list[App] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stopping: asyncio.Event | None = None
        self.running: list[asyncio.Future[None]] = []
        self.last_error: BaseException | None = None

    def report(self, event: dict[str, Any]) -> None:
        """Send an event to the grader; when nobody listens any more, end."""
        try:
            with self.lock:
                self.channel.send_bytes(json.dumps(event).encode())
        except OSError:
            os._exit(0)

    def failed(self, kind: str, error: BaseException | None = None, text: str = "") -> None:
        """Report that the service did not start, and end this process."""
        self.report({"event": "failed", "kind": kind} | self._describe(error, text))
        os._exit(1)

    def _describe(self, error: BaseException | None, text: str = "") -> dict[str, Any]:
        if error is None:
            return {"type": "", "text": text, "place": None}
        place = place_of_error(self.folder, error)
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        said = re.sub(r" \(\S*site-packages\S*\)", "", said)
        # SQLAlchemy adds pages of parameters, and what they were sent with; the words that help stand before them.
        said = re.sub(r"(\[SQL: .{200}).*", r"\1 ...", said, flags=re.DOTALL).partition("\n[parameters: ")[0]
        return {"type": type(error).__name__, "text": text or said[:2000], "place": place}

    def run(self) -> None:
        """Prepare the process, import the service, serve it until the grader hangs up."""
        self._prepare()
        self.watchdog.start()
        threading.Thread(target=self._listen, name="testbed-channel", daemon=True).start()
        self._import()
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if isinstance(error, SystemExit) and self.last_error:
                self.failed("startup", self.last_error)  # the server's own way to say that the lifespan failed
            self.report({"event": "crashed"} | self._describe(error))
        os._exit(1)

    def _prepare(self) -> None:
        if sys.platform != "win32":
            os.setsid()  # a group of its own: its children can be ended with it, and ^C is not for it
        multiprocessing.current_process().daemon = False  # it may have children: a pool of processes is a right answer
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        print_into(self.spec.log, self.spec.log)
        os.environ.clear()
        os.environ.update(self.spec.env)
        os.chdir(self.spec.data)
        sys.argv = ["shelf"]
        import_from(self.folder, self.spec.code)

    def _import(self) -> None:
        try:
            self._observe()
            main = importlib.import_module("shelf.main")
            self._observe()
            if self.spec.inside:
                call_source(self.spec.inside, [])
        except SystemExit as error:
            self.failed("exit", error, text=str(error.code))
        except BaseException as error:
            sys.excepthook(type(error), error, error.__traceback__)  # into the log, for --traceback
            self.failed("import", error)
        if not hasattr(main, "app"):
            self.failed("no app")
        if len(self.spec.environments) > 1 and not hasattr(main, "create_app"):
            self.failed("no create_app")
        self.main = main

    def _observe(self) -> None:
        if self.spec.observed:
            observe.install()
            hashing.install(quick=self.spec.quick_hashes)

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        beating = asyncio.ensure_future(self._beat())
        self.watchdog.serving = True
        ports, servers = [], []
        for variables in self.spec.environments:
            os.environ.update(variables)
            port, server = await self._start(self._app())
            ports.append(port)
            servers.append(server)
        self.report({"event": "ready", "ports": ports})
        await self.stopping.wait()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*self.running, return_exceptions=True)
        self.report({"event": "stopped"})
        # The process stays: what the service left open must not be closed by the process's own end.
        await beating

    async def _beat(self) -> None:
        while True:
            self.watchdog.beat()
            await asyncio.sleep(0.02)

    def _app(self) -> App:
        app: App = self.main.create_app() if len(self.spec.environments) > 1 else self.main.app
        self.apps.append(app)
        return app

    async def _start(self, app: App) -> tuple[int, Any]:
        import uvicorn

        config = uvicorn.Config(
            self._observed(app),
            lifespan="on",
            access_log=False,
            proxy_headers=False,  # by default uvicorn believes what a caller from loopback says of its own address
            timeout_graceful_shutdown=self.spec.shut_down_seconds,
        )
        server = uvicorn.Server(config)
        listener = listen_at(os.environ.get("PUBLIC_URL", ""))
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        self.running.append(serving)
        while not server.started:
            if serving.done():
                self.failed("startup", self.last_error)
            await asyncio.sleep(0.001)
        return listener.getsockname()[1], server

    def _observed(self, app: App) -> App:
        async def observed(scope: Scope, receive: Any, send: Any) -> None:
            self._observe()  # again: a route may import SQLAlchemy late
            observe.begin_request(scope)
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self.last_error = error
                if scope["type"] == "http":
                    where = {"method": scope["method"], "path": scope["path"]}
                    self.report({"event": "error"} | where | self._describe(error))
                raise

        return observed

    def _listen(self) -> None:
        """Answer the grader's questions; when it hangs up, end."""
        while True:
            try:
                message = json.loads(self.channel.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)
            if message.get("stop") and self.loop and self.stopping:
                self.loop.call_soon_threadsafe(self.stopping.set)
            elif "ask" in message:
                self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"reply": message["ask"]}
        try:
            reply["value"] = call_source(message["source"], message["args"])
        except Exception as error:
            reply["error"] = self._describe(error)
        self.report(reply)


def print_into(output: str, errors: str) -> None:
    """Let all that this process prints, whoever prints it, go into files."""
    for number, file in ((1, output), (2, errors)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115


def printed_into(file: Path) -> str:
    """Return what was printed into a file: of much, the last 64 KiB."""
    with file.open("rb") as printed:
        printed.seek(max(0, file.stat().st_size - 65536))
        return printed.read().decode("utf-8", errors="replace")


def call_source(source: str, args: list[Any]) -> Any:
    """Define the one function in `source` and call it with `args`."""
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - the source is a check's own function
    function = next(value for name, value in names.items() if name != "__builtins__" and callable(value))
    return function(*args)


def main(channel: Connection, spec: Spec) -> None:
    """Be the service until the other end of `channel` is closed."""
    Host(channel, spec).run()
