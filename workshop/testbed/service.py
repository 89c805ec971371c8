"""A running Shelf, seen from a check: requests, what it printed, what the host noticed."""

import inspect
import itertools
import json
import os
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from workshop.testbed import caller, explain
from workshop.testbed.client import Answer, Client, Pending
from workshop.testbed.compiled import compiled
from workshop.testbed.database import Held
from workshop.testbed.explain_start import no_start
from workshop.testbed.host import Spec, printed_into
from workshop.testbed.process import end, launch
from workshop.testbed.reason import StepFailed
from workshop.testbed.seen import Seen
from workshop.testbed.speaker import Speaker
from workshop.testbed.waiting import Waiter

START_GUARD = 60.0
SIGNED = "/api/"
UNSIGNED = ("/api/accounts", "/api/auth")
TRUSTED = Path(__file__).with_name("nobody.pem")
"""The one certificate that a learner's code trusts. Nothing here speaks TLS, but most HTTP clients read all that there
are before they begin, and that is a third of a service's start."""
KEPT_VARIABLES = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV"),
    *("TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "COMSPEC", "PATHEXT"),
)


class Service(Speaker):
    """The service in `folder`, running in a process of its own until `close`."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        *,
        env: Mapping[str, str] | None = None,
        environments: Iterable[Mapping[str, str]] | None = None,
        inside: Callable[..., Any] | None = None,
        warm: bool = True,
        quick_hashes: bool = True,
        signs_in: bool = False,
        waiter: Waiter | None = None,
    ) -> None:
        """Begin to start the service, and return at once; `ready` waits until it has started, or has failed to.

        `data` is its working folder. `env` is added to a scrubbed environment. With `environments` several apps run
        in the one process, each made by `shelf.main:create_app()` under its own variables (see `clients`).
        `inside` is called in the service's process after `shelf.main` was imported and before it is served.
        With `quick_hashes` argon2 costs nearly nothing. With `signs_in` requests that bring no credentials are sent in
        the name of one account, which is opened when it is first needed.
        """
        self.folder = folder.resolve()
        self.waiter = waiter or Waiter()
        self.seen = Seen()
        self.log = Path(tempfile.mkstemp(prefix="shelf-", suffix=".log")[1])
        self._numbers = itertools.count(1)
        spec = Spec(
            folder=str(self.folder),
            data=str(data),
            log=str(self.log),
            env=scrubbed(env or {}),
            environments=[dict(each) for each in environments or [{}]],
            inside=_source(inside) if inside else None,
            observed=warm,
            quick_hashes=quick_hashes,
            code=compiled(self.folder) if warm else {},
        )
        self.process, self._channel = launch(spec, warm=warm)
        threading.Thread(target=self._listen, name="testbed-events", daemon=True).start()
        self.clients: list[Client] = []
        self._callers: dict[int, caller.Caller] | None = {} if signs_in else None
        self._awaited = False

    # Starting and ending

    @property
    def ready(self) -> bool:
        """Whether it has started; waits until that is known."""
        if not self._awaited:
            self._await_start()
            self._awaited = True
        return bool(self.clients)

    def _await_start(self) -> None:
        self.waiter.hopeless.append(self.in_vain)
        self.waiter.until(lambda: bool(self.seen.ports), START_GUARD, self.seen.rest)
        self.clients = [Client(f"http://127.0.0.1:{port}") for port in self.seen.ports]
        if not self.clients:
            self.waiter.hopeless.remove(self.in_vain)  # another service of the step may be waited for

    @property
    def refused(self) -> bool:
        """Whether it is known, without waiting, that it does not start."""
        return not self.seen.ports and self.in_vain()

    def must_run(self) -> "Service":
        """Return this service if it has started; otherwise fail the step and say why it did not."""
        if not self.ready:
            raise StepFailed(no_start(self))
        return self

    def stop(self) -> bool:
        """Shut the service down in an orderly way; its process stays. False if that does not come to an end."""
        self.must_run()
        self._tell({"stop": True})
        return self.waiter.until(lambda: self.seen.stopped, rest=self.seen.rest)

    def close(self) -> None:
        """End the process and everything it started."""
        if self.in_vain in self.waiter.hopeless:
            self.waiter.hopeless.remove(self.in_vain)
        for client in self.clients:
            client.close()
        self._channel.close()
        end(self.process)
        self.log.unlink(missing_ok=True)

    # Speaking

    @property
    def url(self) -> str:
        """Where the (first) app answers."""
        return self.must_run().clients[0].origin

    def start(self, method: str, path: str, *, app: int = 0, **request: Any) -> Pending:
        """Send a request and return at once; keywords as in httpx (`params`, `json`, `headers`, `content`)."""
        self.must_run()
        if path.startswith(SIGNED) and not path.startswith(UNSIGNED):
            request["headers"] = self._credentials(app) | dict(request.get("headers") or {})
        number = next(self._numbers)
        future = self.clients[app].send(self._blank(method, path, number), **request)
        return Pending(future, self.waiter, self._blank(method, path, number))

    def sign_up(self, username: str = "", password: str = "", *, app: int = 0) -> caller.Caller:
        """Open an account, unless there is one of this name, and return somebody who asks in its name.

        A name and a password that are left out are made up.
        """
        return caller.sign_up(self, username, password, app=app)

    def _credentials(self, app: int) -> dict[str, str]:
        if self._callers is None:
            return {}
        if app not in self._callers:
            self._callers[app] = caller.sign_up(self, "everybody", "a password for checks", app=app)
        return self._callers[app].headers

    def _sign_in(self) -> None:
        for app in range(len(self.must_run().clients)):
            self._credentials(app)

    def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function` inside the service's process and return its result; both ways as JSON.

        Only the source of the function travels: it imports what it needs in its own body.
        """
        self.must_run()
        number = next(self._numbers)
        self._tell({"ask": number, "source": _source(function), "args": args})
        if not self.waiter.until(lambda: number in self.seen.replies, rest=self.seen.rest):
            raise StepFailed(explain.no_reply(self))
        reply = self.seen.replies[number]
        if "error" in reply:
            raise StepFailed(explain.inside_failed(reply["error"]))
        return reply["value"]

    # What the host saw

    @property
    def output(self) -> str:
        """All that the service has printed (of much, the end)."""
        return printed_into(self.log)

    @property
    def gone(self) -> bool:
        """Whether the process has ended."""
        return self.seen.ended is not None

    @property
    def standstill(self) -> str:
        """Where the event loop stands still, as a sentence to end a `saw` with; empty while it turns."""
        return f" The event loop stands still at {explain.at(self.seen.stuck['place'])}" if self.seen.stuck else ""

    def lazy_loads(self) -> list[str]:
        """The relationships that were loaded lazily since the start, or tried to be, such as `Bookmark.tags`.

        One entry for each time. What a query loads along, and what a flush needs to know, is not lazy.
        """
        return list(self._observed("lazy_loads"))

    def connections_out(self) -> int:
        """How many database connections are out of their pools at this moment."""
        return int(self._observed("connections_out"))

    def fail_commits(self, times: int = 1) -> None:
        """Let the next COMMITs, of whatever connection, fail as a database would; the transactions stay open."""
        self._sign_in()
        self._observed("fail_commits", times)

    def commits_failed(self) -> int:
        """How many COMMITs were made to fail."""
        return int(self._observed("commits_failed"))

    def hold_commits(self) -> Held:
        """Let every COMMIT that follows wait until the hold is released; the event loop goes on."""
        self._sign_in()
        return Held(self._observed, self.waiter, "commits")

    def hold_statement(self, word: str) -> Held:
        """Let the next statement of a request with this word in it, and it alone, wait until the hold is released.

        The event loop goes on, and so do all other statements.
        """
        self._sign_in()
        return Held(self._observed, self.waiter, "statement", word)

    def hashes(self) -> list[dict[str, Any]]:
        """Every time that a password was hashed since the start: what it cost, and whether it was on the loop's thread.

        `{"cost": "argon2 m=65536,t=3,p=4", "on_loop": false}`
        """
        return list(self._observed("hashes"))

    def hold_hashes(self) -> Held:
        """Let all hashing of passwords wait until the hold is released; only what is done in threads can wait."""
        return Held(self._observed, self.waiter, "hashes")

    def in_vain(self) -> bool:
        """Whether waiting for this service makes no sense: it failed, ended, or its loop stands still for good."""
        return bool(self.seen.failed or self.gone or self.seen.stuck)

    def _blank(self, method: str, path: str, number: int) -> Answer:
        blank = Answer(method, path, number=number)
        blank.explain = lambda answer, statuses: explain.unexpected(self, answer, statuses)
        blank.ask_statements = lambda number: self._observed("statements", number)
        return blank

    def _observed(self, what: str, *args: Any) -> Any:
        return self.ask(_observe, what, list(args))

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            self._channel.send_bytes(json.dumps(message).encode())
        except OSError:
            self.seen.ended = self.seen.ended or {}

    def _listen(self) -> None:
        try:
            while True:
                self.seen.take(json.loads(self._channel.recv_bytes()))
        except (EOFError, OSError, ValueError, TypeError):
            # The pipe closes before the process can be reaped; its exit code comes a moment later.
            self.process.join(5)
            self.seen.ended = self.seen.ended or {}


def scrubbed(env: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process that runs a learner's code: `env`, and the little that every process needs."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "SSL_CERT_FILE": str(TRUSTED)} | dict(env)


def _observe(what: str, args: list[object]) -> object:
    from workshop.testbed import hashing, observe

    return getattr(hashing if hasattr(hashing, what) else observe, what)(*args)


def _source(function: Callable[..., Any]) -> str:
    return textwrap.dedent(inspect.getsource(function))
