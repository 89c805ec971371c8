"""What QStash does when it is asked: it takes messages, knows duplicates, cancels, and keeps account of attempts."""

import json
import math
import secrets
from typing import TYPE_CHECKING, Any

from workshop.testbed.client import Answer
from workshop.testbed.qstash_protocol import Message, State, callback_of, described, read_message
from workshop.testbed.standin import Reply, StandIn, as_json

if TYPE_CHECKING:
    from starlette.requests import Request

WINDOW = 600
"""Seconds during which a deduplication id is remembered."""
LONGEST = 86400
"""Seconds that a retry waits at most."""


class QStashServer(StandIn):
    """The server, as its clients see it; who delivers is another matter."""

    def __init__(self) -> None:
        self.current_signing_key = _key()
        self.next_signing_key = _key()
        self.messages: list[Message] = []
        """Every message taken so far, in order; a duplicate is not taken."""
        self.requests: list[str] = []
        """Every request so far, refused ones too, such as "POST /v2/publish/http://..."."""
        self.deduplicated = 0
        """How many messages were not taken because they were duplicates."""
        self.refused = 0
        """How many requests came to nothing: with a wrong token, without sense, or while a fault was on."""
        self.clock = 0.0
        """Seconds; only deliveries move it."""
        super().__init__("qstash")

    @property
    def env(self) -> dict[str, str]:
        """The environment variables by which a service finds this server, and knows its deliveries."""
        return {
            "QSTASH_URL": self.url,
            "QSTASH_TOKEN": self.token,
            "QSTASH_CURRENT_SIGNING_KEY": self.current_signing_key,
            "QSTASH_NEXT_SIGNING_KEY": self.next_signing_key,
        }

    def rotate_keys(self) -> None:
        """Sign from now on with the key that was the next one; services that were started before know it as that."""
        self.current_signing_key, self.next_signing_key = self.next_signing_key, _key()

    # In the server's own thread

    def _taken(self, message: Message) -> None:
        """Note that a message was taken."""

    def _take(self, message: Message) -> Message:
        """Keep a message and return it, or the one that it is a duplicate of."""
        known = message.deduplication_id
        for other in self.messages if known else ():
            if other.deduplication_id == known and self.clock - other.published < WINDOW:
                self.deduplicated += 1
                return other
        message.published, message.due = self.clock, self.clock + message.delay
        self.messages.append(message)
        self._taken(message)
        return message

    def _record(self, message: Message, answer: Answer) -> None:
        """Note what came of an attempt."""
        message.answers.append(answer)
        if message.state != "waiting":
            return
        final = answer.status == 489 and answer.headers.get("upstash-nonretryable-error", "").lower() == "true"
        if answer.status and 200 <= answer.status < 300:
            self._end(message, "delivered", "callback")
        elif final or len(message.answers) > message.retries:
            self._end(message, "failed", "failure-callback")
        else:
            message.due = self.clock + min(LONGEST, math.exp(2.5 * len(message.answers)))

    def _end(self, message: Message, state: State, callback: str) -> None:
        message.state = state
        if told := callback_of(message, callback):
            self._take(told)

    def _forget(self) -> None:
        self.messages.clear()
        self.requests.clear()
        self.deduplicated, self.refused, self.clock = 0, 0, 0.0

    def _answer(self, request: "Request", body: bytes, *, obey: bool) -> Reply:
        status, answer = self._answer_to(request, body, obey=obey)
        self.refused += status >= 400
        return status, answer

    def _answer_to(self, request: "Request", body: bytes, *, obey: bool) -> Reply:
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        self.requests.append(f"{request.method} {path}")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, as_json({"error": "unable to authenticate: invalid token"})
        if not obey:
            return 503, b""
        try:
            return self._route(request.method, path, dict(request.headers), body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # whatever nonsense in a body leads to
            return 400, as_json({"error": str(error)})

    def _route(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        match method, *path.removeprefix("/v2/").split("/", 1):
            case "POST", "publish", destination:
                return self._published(read_message(destination, headers, body))
            case "POST", "enqueue", place:
                return self._published(read_message(place.partition("/")[2], headers, body))
            case "POST", "batch":
                return self._batch(json.loads(body))
            case "GET" | "DELETE", "messages", wanted:
                return self._one(method, wanted)
            case "DELETE", "messages":
                chosen = json.loads(body)["messageIds"] if body else [each.id for each in self.messages]
                return 200, as_json({"cancelled": sum(map(self._cancel, chosen))})
            case ("GET", "keys") | ("POST", "keys", "rotate"):
                if method == "POST":
                    self.rotate_keys()
                return 200, as_json({"current": self.current_signing_key, "next": self.next_signing_key})
        return 404, as_json({"error": f"{method} {path} is nothing that this QStash knows"})

    def _published(self, message: Message) -> Reply:
        taken = self._take(message)
        told = {"messageId": taken.id} | ({} if taken is message else {"deduplicated": True})
        return 201 if taken is message else 202, as_json(told)

    def _batch(self, rows: list[dict[str, Any]]) -> Reply:
        asked = [read_message(row["destination"], row["headers"], (row.get("body") or "").encode()) for row in rows]
        return 200, b"[%s]" % b", ".join(self._published(message)[1] for message in asked)

    def _one(self, method: str, wanted: str) -> Reply:
        message = next((each for each in self.messages if each.id == wanted and each.state == "waiting"), None)
        if message is None:
            return 404, as_json({"error": f"message {wanted} not found"})
        if method == "DELETE":
            self._cancel(wanted)
            return 202, b""
        return 200, as_json(described(message))

    def _cancel(self, wanted: str) -> bool:
        found = [each for each in self.messages if each.id == wanted and each.state == "waiting"]
        for message in found:
            message.state = "cancelled"
        return bool(found)


def _key() -> str:
    return f"sig_{secrets.token_hex(14)}"
