"""Upstash QStash on a loopback port: it takes messages from the vendor's own clients, and delivers when told to.

Nothing is delivered before a check says so, so no check waits for a clock. `QStash(automatic=True)` delivers by itself.
"""

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workshop.testbed import explain
from workshop.testbed.client import Answer, Client, Pending
from workshop.testbed.qstash_protocol import FORGERIES, Forgery, Letter, Message, write_letter
from workshop.testbed.qstash_server import QStashServer
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.standin import as_json
from workshop.testbed.waiting import GUARD

if TYPE_CHECKING:
    from workshop.testbed.service import Service

__all__ = ["FORGERIES", "Message", "QStash"]

AT_MOST = 100
HERE = ("127.0.0.1", "localhost", "::1")


class QStash(QStashServer):
    """A QStash that takes messages at once, and delivers each when a check says so.

    It has a clock of its own, which only deliveries move: an attempt that is due in an hour can be made now.
    """

    def __init__(self, *, automatic: bool = False) -> None:
        """With `automatic`, deliver by itself, after the delay asked for; retries follow within seconds."""
        self.services: list[Service] = []
        """The services of the step; they know more about an answer that is not as expected."""
        self._automatic = automatic
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: dict[str, Client] = {}
        self._lock = threading.Lock()
        super().__init__()

    # What was published

    @property
    def waiting(self) -> list[Message]:
        """The messages that are still to be attempted, the earliest first."""
        return sorted((each for each in list(self.messages) if each.state == "waiting"), key=lambda each: each.due)

    def arrived(self, messages: int = 1, seconds: float = GUARD) -> bool:
        """Wait until so many messages have been published so far; False if that does not come."""
        return self.waiter.until(lambda: len(self.messages) >= messages, seconds)

    def wait_for(self, messages: int = 1) -> list[Message]:
        """Wait until so many messages have been published so far, and return all; otherwise fail the step."""
        if not self.arrived(messages):
            raise StepFailed(self._missing(f"{messages} messages" if messages > 1 else "a message"))
        return list(self.messages)

    # Deliveries in their turn

    def deliver_next(self, *, to: str = "", seconds: float = GUARD) -> Answer:
        """Make the attempt that is due next, however late that would be, and return what came back.

        Waits for a message if there is none; the step fails if none comes. Anything but a 2xx is followed by a retry,
        after 12 seconds, 2 minutes, half an hour and so on by QStash's clock, until there are no retries left.
        """
        if not self.waiter.until(lambda: bool(self.waiting)):
            raise StepFailed(self._missing("a message that is still to be delivered"))
        message = self.waiting[0]
        self.clock = max(self.clock, message.due)
        return self.deliver(message, to=to, seconds=seconds)

    def deliver_all(self, *, at_most: int = AT_MOST) -> list[Answer]:
        """Make attempts until no message waits, retries included, and return what came back for each."""
        answers: list[Answer] = []
        while self.waiting and len(answers) < at_most:
            answers.append(self.deliver_next())
        return answers

    # Deliveries of any kind

    def message(self, url: str, *, json: Any = None, body: bytes = b"", **headers: str) -> Message:
        """Return a message that nobody has published, to be delivered to `url`."""
        kind = {} if json is None else {"content-type": "application/json"}
        return Message(url, body if json is None else as_json(json), headers=kind | headers, state="cancelled")

    def deliver(
        self,
        message: Message,
        *,
        forged: str = "",
        body: bytes | None = None,
        to: str = "",
        seconds: float = GUARD,
    ) -> Answer:
        """Deliver a message now, in its turn or not, for the first time or not, and return what came back.

        `forged` is one of `FORGERIES`: what is wrong with it. `body` is delivered, and signed, instead of the message's
        own. `to` is the origin of another service than the message's URL names; the signature is for that URL.
        """
        pending = self.start(message, forged=forged, body=body, to=to)
        answer = pending.answer(seconds)
        if not pending.done:
            pending.hang_up()
            if not forged:
                self._do(self._record, message, answer)
        return answer

    def start(self, message: Message, *, forged: str = "", body: bytes | None = None, to: str = "") -> Pending:
        """Begin to deliver, as `deliver` does, and return at once; so that two can be under way at the same time."""
        letter = self._letter(message, FORGERIES[forged] if forged else Forgery(), body)
        return self._post(message, letter, to, counts=not forged)

    def replay(self, message: Message, *, to: str = "") -> Answer:
        """Send once more, byte for byte, what was sent last in a message's name."""
        return self._post(message, message.letters[-1], to, counts=False).answer()

    def _letter(self, message: Message, forgery: Forgery, body: bytes | None = None) -> Letter:
        message.letters.append(write_letter(message, self.current_signing_key, forgery, body))
        return message.letters[-1]

    def _post(self, message: Message, letter: Letter, to: str, *, counts: bool) -> Pending:
        origin, blank = self._addressed(message, to)
        attempt = self._attempt(message, letter, origin, blank, counts=counts)
        return Pending(asyncio.run_coroutine_threadsafe(attempt, self._loop), self.waiter, blank)

    def _addressed(self, message: Message, to: str = "") -> tuple[str, Answer]:
        parts = urlsplit(message.url)
        origin = to or f"{parts.scheme}://{parts.netloc}"
        blank = Answer(message.method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        blank.explain = partial(self._explain, origin)
        return origin, blank

    def _client(self, origin: str) -> Client:
        with self._lock:
            if origin not in self._clients:
                self._clients[origin] = Client(origin)
            return self._clients[origin]

    # In the server's own thread

    async def _attempt(self, message: Message, letter: Letter, origin: str, answer: Answer, *, counts: bool) -> Answer:
        if urlsplit(origin).hostname in HERE:
            client = await asyncio.to_thread(self._client, origin)
            answer = await asyncio.wrap_future(client.send(answer, headers=letter.headers, content=letter.body))
        else:
            answer.problem = f"{origin} is not on this machine, and this QStash delivers nowhere else"
        if counts:
            self._record(message, answer)
        return answer

    def _taken(self, message: Message) -> None:
        if self._automatic:
            task = self._loop.create_task(self._drive(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drive(self, message: Message) -> None:
        await asyncio.sleep(message.delay)
        while message.state == "waiting":
            origin, blank = self._addressed(message)
            await self._attempt(message, self._letter(message, Forgery()), origin, blank, counts=True)
            if message.state == "waiting":
                await asyncio.sleep(min(60, 2 ** (len(message.answers) - 1)))

    def _forget(self) -> None:
        super()._forget()
        self.services = []
        for task in self._tasks:
            task.cancel()

    def close(self) -> None:
        """Stop for good."""
        if not self._loop.is_closed():
            self._run(self._renew())
        for client in self._clients.values():
            client.close()
        super().close()

    # Words

    def _explain(self, origin: str, answer: Answer, statuses: tuple[int, ...]) -> Reason:
        for service in self.services:
            if any(client.origin == origin for client in service.clients):
                return explain.unexpected(service, answer, statuses)
        return Reason(
            saw=f"QStash's delivery to {origin}: {answer}",
            expected=f"{' or '.join(map(str, statuses))}.",
            cause="the message names a URL at which no service of this step answers.",
            look="the URL that is published: it begins with PUBLIC_URL.",
        )

    def _missing(self, wanted: str) -> Reason:
        came = f"{len(self.messages)} came so far" if self.messages else "none came"
        refused = f", and {self.refused} requests were refused" if self.refused else ""
        return Reason(
            saw=f"QStash waited for {wanted}: {came}{refused}.",
            expected=f"{wanted}, published at QSTASH_URL with QSTASH_TOKEN.",
            cause="nothing publishes it yet; or publishing failed and nobody tried again; or it went elsewhere.",
            look="where the message is published. `--traceback` shows what Shelf printed.",
        )
