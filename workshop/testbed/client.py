"""What the checks use to speak HTTP to a service: capped in time and size, and never raising."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from workshop.testbed import observe
from workshop.testbed.loop import background_loop, run, submit
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.waiting import GUARD, Waiter

BODY_LIMIT = 1024 * 1024
SHOWN = 300


@dataclass
class Answer:
    """What came back for one request; when nothing did, `status` is None and `problem` says why."""

    method: str
    path: str
    status: int | None = None
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)
    body: bytes = b""
    problem: str = ""
    explain: Callable[["Answer", tuple[int, ...]], Reason] | None = field(default=None, repr=False)
    number: int = 0
    ask_statements: Callable[[int], list[str]] | None = field(default=None, repr=False)

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return self.status is not None

    @property
    def statements(self) -> list[str]:
        """The SQL statements that the request has caused so far, in order, on whatever connection.

        Without those that only frame a transaction, and PRAGMAs. They are asked for anew each time, so what follows the
        answer is in them when it has happened.
        """
        assert self.ask_statements is not None
        return self.ask_statements(self.number)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def json(self) -> Any:
        """The body as JSON; the step fails where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise StepFailed(self._not_json()) from None

    def __getitem__(self, path: str | int | tuple[str | int, ...]) -> Any:
        """What stands at `path` in the JSON body, such as `answer["id"]` or `answer["results", 0, "id"]`.

        The step fails where it is missing.
        """
        found, keys = self.json, path if isinstance(path, tuple) else (path,)
        for key in keys:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                raise StepFailed(self._no_field(".".join(map(str, keys)))) from None
        return found

    def expect(self, *statuses: int, about: str = "", **words: str) -> "Answer":
        """Return this answer if its status is one of `statuses`; otherwise fail the step and say what went wrong.

        `about` is a sentence on what was special about the request, for a step that sends many. `words` are parts of
        a reason (`expected`, `cause`, `look`) that the step knows better.
        """
        if self.status in statuses:
            return self
        assert self.explain is not None
        reason = self.explain(self, statuses)
        raise StepFailed(replace(reason, saw=f"{about} {reason.saw}".strip(), **words))

    def __str__(self) -> str:
        """The answer in one line, as a learner would say it."""
        if self.status is None:
            return f"{self.method} {self.path} got no answer: {self.problem}"
        text = self._spaced()
        body = text if len(text) <= SHOWN else text[:SHOWN] + " ..."
        return f"{self.method} {self.path} answered {self.status}{' ' + body if body else ''}"

    def _spaced(self) -> str:
        """The body as text; JSON with spaces in it, so that a report can break its lines between words."""
        try:
            return json.dumps(json.loads(self.body), ensure_ascii=False)
        except (ValueError, RecursionError):
            return self.text

    def _not_json(self) -> Reason:
        kind = self.headers.get("content-type", "no content type")
        return Reason(
            saw=f"{self}\n({kind})",
            expected="a JSON body.",
            cause="the route returns something else, or the answer was cut off.",
            look=f"the route {self.method} {self.path.partition('?')[0]}.",
        )

    def _no_field(self, key: str) -> Reason:
        return Reason(
            saw=f"{self}",
            expected=f"a JSON object with the field `{key}`.",
            cause="the route's response model lacks the field, or gives it another name.",
            look=f"the route {self.method} {self.path.partition('?')[0]}, and its body in the lesson's README.",
        )


class Pending:
    """A request that is under way."""

    def __init__(self, answer: "Future[Answer]", waiter: Waiter, blank: Answer) -> None:
        self._future = answer
        self._waiter = waiter
        self._blank = blank

    @property
    def done(self) -> bool:
        """Whether the answer has come (or is known not to come)."""
        return self._future.done()

    def answer(self, seconds: float = GUARD) -> Answer:
        """Wait for the answer, at most `seconds`; gives up sooner when the service is stuck or gone."""
        if self._waiter.until_done(self._future, seconds):
            return self._future.result()
        self._blank.problem = "none came"
        return self._blank

    def hang_up(self) -> None:
        """Close the connection without waiting for the answer."""
        self._future.cancel()


class Client:
    """Sends requests to one origin, each on a connection of its own."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._http: httpx2.AsyncClient = run(self._open())

    async def _open(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.origin,
            timeout=None,  # the guard in `Pending.answer` ends a wait; it knows more than a clock does
            trust_env=False,
            verify=False,  # nothing here speaks TLS, and loading certificates takes half of a service's start
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"User-Agent": "shelf-checks", "Accept-Encoding": "identity"},
        )

    def send(self, blank: Answer, **request: Any) -> "Future[Answer]":
        """Send the request that `blank` names; fill in a copy of it when the answer comes."""
        return submit(self._send(blank, request))

    async def _send(self, answer: Answer, request: dict[str, Any]) -> Answer:
        request["headers"] = httpx2.Headers(request.get("headers"))
        request["headers"][observe.HEADER] = str(answer.number)
        try:
            async with self._http.stream(answer.method, answer.path, **request) as response:
                body = bytearray()
                async for piece in response.aiter_raw():
                    body += piece
                    if len(body) > BODY_LIMIT:
                        break
                answer.status, answer.headers, answer.body = response.status_code, response.headers, bytes(body)
        except httpx2.HTTPError as error:
            answer.problem = f"the connection broke ({type(error).__name__})"
        return answer

    def close(self) -> None:
        """Close every connection, whatever is under way."""
        asyncio.run_coroutine_threadsafe(self._http.aclose(), background_loop())
