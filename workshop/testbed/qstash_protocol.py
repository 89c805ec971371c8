"""What QStash takes and what it delivers: messages, how each is signed, and what a forger would send instead."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from workshop.testbed.client import Answer

State = Literal["waiting", "delivered", "failed", "cancelled"]

RETRIES = 3
LIFE = 300
"""Seconds that a signature is valid."""
FORWARDED = "upstash-forward-"
DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class Letter:
    """One delivery as it goes over the wire."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Message:
    """A message that was published, and what became of it."""

    url: str
    body: bytes = b""
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    """The headers to deliver: the content type, and those that were to be forwarded; names in small letters."""
    options: dict[str, str] = field(default_factory=dict)
    """The other Upstash-* headers, such as {"retries": "5", "deduplication-id": "..."}."""
    id: str = field(default_factory=lambda: f"msg_{secrets.token_hex(16)}")
    state: State = "waiting"
    answers: list["Answer"] = field(default_factory=list)
    """What came back for each attempt, those outside its turn too; forgeries are no attempts."""
    letters: list[Letter] = field(default_factory=list)
    """What was sent in its name, forgeries too."""
    published: float = 0
    due: float = 0
    """When it was published and when it is to be attempted next, on QStash's own clock: seconds from its start."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def retries(self) -> int:
        """How many attempts may follow a first one that fails."""
        return int(self.options.get("retries", RETRIES))

    @property
    def delay(self) -> float:
        """The seconds that it is to wait for its first attempt."""
        if moment := self.options.get("not-before"):
            return max(0.0, float(moment) - time.time())
        return seconds_of(self.options.get("delay", "0s"))

    @property
    def deduplication_id(self) -> str | None:
        """By what it is known as the same as another; None where it may come as often as it likes."""
        if self.options.get("content-based-deduplication", "").lower() == "true":
            return hashlib.sha256(repr((self.url, self.body, sorted(self.headers.items()))).encode()).hexdigest()
        return self.options.get("deduplication-id")


@dataclass(frozen=True)
class Forgery:
    """In what a delivery differs from a right one."""

    signature: str | None = None
    """What stands in the header instead; "" for no header."""
    key: str | None = None
    algorithm: str = "HS256"
    seconds: int = 0
    """By how much all its times are shifted."""
    claims: Mapping[str, Callable[[str], str] | None] = field(default_factory=dict)
    """What becomes of single claims; None takes one out."""
    body: Callable[[bytes], bytes] = bytes
    """What becomes of the body after it was signed."""


def _another(body: bytes) -> bytes:
    try:
        return json.dumps({**json.loads(body), "forged": True}).encode()
    except (ValueError, TypeError):
        return body + b"!"


FORGERIES: dict[str, Forgery] = {
    "without a signature": Forgery(signature=""),
    "with a signature that makes no sense": Forgery(signature="not.a.signature"),
    "signed with another key": Forgery(key=f"sig_{secrets.token_hex(14)}"),
    "with the algorithm none": Forgery(algorithm="none"),
    "with another body": Forgery(body=_another),
    "with one more space in its body": Forgery(body=lambda body: b" " + body),
    "an hour too late": Forgery(seconds=-3600),
    "an hour too early": Forgery(seconds=3600),
    "signed for another URL": Forgery(claims={"sub": lambda url: url + "elsewhere"}),
    "of another issuer": Forgery(claims={"iss": lambda _: "Somebody"}),
    "without an expiry": Forgery(claims={"exp": None}),
    "without the digest of its body": Forgery(claims={"body": None}),
}
"""Deliveries that no service should take, by what is wrong with them."""


def write_letter(message: Message, key: str, forgery: Forgery, body: bytes | None = None) -> Letter:
    """Return a signed delivery of a message; with `body`, of another body than was published."""
    import jwt

    body = message.body if body is None else body
    claims: dict[str, Any] = _claims(message.url, body, int(time.time()) + forgery.seconds)
    for name, change in forgery.claims.items():
        old = claims.pop(name)
        if change:
            claims[name] = change(old)
    secret = None if forgery.algorithm == "none" else forgery.key or key
    signature = jwt.encode(claims, secret, forgery.algorithm) if forgery.signature is None else forgery.signature
    headers = {"User-Agent": "Upstash-QStash", **message.headers}
    headers |= {"Upstash-Message-Id": message.id, "Upstash-Retried": str(len(message.answers))}
    return Letter(headers | ({"Upstash-Signature": signature} if signature else {}), forgery.body(body))


def _claims(url: str, body: bytes, now: int) -> dict[str, Any]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
    times = {"iat": now, "nbf": now, "exp": now + LIFE}
    return {"iss": "Upstash", "sub": url, **times, "jti": f"jwt_{secrets.token_hex(14)}", "body": digest}


def read_message(destination: str, headers: Mapping[str, str], body: bytes) -> Message:
    """Return what is to be published; ValueError, in QStash's words, where it refuses."""
    url = unquote(destination) if re.match(r"https?%3A", destination, re.IGNORECASE) else destination
    if not re.match(r"https?://.", url) or not urlsplit(url).hostname:
        raise ValueError("invalid destination url: endpoint has invalid scheme, add http:// or https://")
    low = {name.lower(): value for name, value in headers.items()}
    kept = {name.removeprefix(FORWARDED): value for name, value in low.items() if name.startswith(FORWARDED)}
    if kind := low.get("content-type"):
        kept["content-type"] = kind
    options = {
        name.removeprefix("upstash-"): value
        for name, value in low.items()
        if name.startswith("upstash-") and not name.startswith(FORWARDED)
    }
    message = Message(url, body, options.get("method", "POST").upper(), kept, options)
    if message.retries < 0 or message.delay < 0:
        raise ValueError("invalid retries")
    return message


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration such as `10s` or `1d2h`; ValueError if it is none."""
    found = DURATION.fullmatch(duration)
    if not found or not duration:
        raise ValueError(f"invalid duration: {duration}")
    parts = zip(found.groups(), (86400, 3600, 60, 1), strict=True)
    return float(sum(int(number) * worth for number, worth in parts if number))


def described(message: Message) -> dict[str, Any]:
    """Return a message as QStash tells of it."""
    return {
        "messageId": message.id,
        "url": message.url,
        "method": message.method,
        "header": {name: [value] for name, value in message.headers.items()},
        "body": message.body.decode(errors="replace"),
        "maxRetries": message.retries,
        "notBefore": round(message.due * 1000),
        "createdAt": round(message.published * 1000),
    } | ({"label": message.options["label"]} if "label" in message.options else {})


def callback_of(message: Message, kind: str) -> Message | None:
    """Return the message that tells what became of another, if one was asked for; `kind` names the option."""
    if not (url := message.options.get(kind)):
        return None
    answer = message.answers[-1]
    told = {
        "status": answer.status or 0,
        "header": {name: [value] for name, value in answer.headers.items()},
        "body": base64.b64encode(answer.body).decode(),
        "retried": len(message.answers) - 1,
        "maxRetries": message.retries,
        "sourceMessageId": message.id,
        "url": message.url,
        "method": message.method,
        "sourceBody": base64.b64encode(message.body).decode(),
    }
    forward = f"{kind}-forward-"
    headers = {name.removeprefix(forward): text for name, text in message.options.items() if name.startswith(forward)}
    retries = {"retries": message.options.get(f"{kind}-retries", str(message.retries))}
    headers["content-type"] = "application/json"
    return Message(url, json.dumps(told).encode(), headers=headers, options=retries)
