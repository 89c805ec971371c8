"""A small fuzzer: asks a service for whatever its own schema allows, and for what comes close.

Each part of each request takes its turn: all others are good, this one is odd. So what is odd gets past the others, and
down to the database. The same seed asks the same.
"""

import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from workshop.testbed.client import Answer
from workshop.testbed.speaker import Speaker

METHODS = ("get", "put", "post", "patch", "delete")
NUL = "nul\x00l"
TEXTS = (NUL, "", " ", "\x1f\x7f", "ünï \U0001f4da 書", "%_\\'\"", "a" * 3000, "\ud83d", "null", "-1", "\r\nX: y", "{}")
NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**20, 1.5)
OTHERS: tuple[Any, ...] = (None, True, [], {}, "1", [None], {"id": 1})
AT_ONCE = 4
NO_JSON_BODY = b'{"url": '


@dataclass(frozen=True)
class Case:
    """A request, and what is odd about it."""

    method: str
    route: str
    path: str
    odd: str
    params: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    """Keywords for the client: `json`, `data`, `files` or `content`."""

    def __str__(self) -> str:
        """The request as a learner would write it."""
        query = f"?{'&'.join(f'{name}={_shown(value)}' for name, value in self.params.items())}" if self.params else ""
        body = "".join(f" with {name} {_shown(value)}" for name, value in self.sent.items())
        return f"{self.method} {self.path}{query}{body}"


@dataclass(frozen=True)
class Finding:
    """An answer that should not have come."""

    case: Case
    answer: Answer
    what: str


class Fuzzer:
    """Asks for what the schema of a service describes."""

    def __init__(self, schema: dict[str, Any], seed: int) -> None:
        self._schema = schema
        self._chance = random.Random(seed)  # noqa: S311 - guards nothing
        self._ids = [1]

    def run(self, caller: Speaker, odd_values: int = 2) -> tuple[int, list[Finding]]:
        """Ask, and return how many requests there were, and the first finding of each operation."""
        number, findings = 0, []
        for route, operations in self._schema["paths"].items():
            for method in (each for each in METHODS if each in operations):
                cases = list(self._cases(method.upper(), route, operations[method], odd_values))
                number += len(cases)
                findings += list(self._ask(caller, cases, operations[method]))[:1]
        return number, findings

    def _ask(self, caller: Speaker, cases: list[Case], operation: dict[str, Any]) -> Iterator[Finding]:
        for start in range(0, len(cases), AT_ONCE):
            asked = cases[start : start + AT_ONCE]
            pending = [caller.start(each.method, each.path, params=each.params, **each.sent) for each in asked]
            for case, answer in zip(asked, [each.answer() for each in pending], strict=True):
                if what := self.fault(operation, answer):
                    yield Finding(case, answer, what)
                elif answer.status in (200, 201) and case.method == "POST" and b'"id":' in answer.body[:500]:
                    self._remember(answer)

    def _remember(self, answer: Answer) -> None:
        said = json.loads(answer.body)
        if isinstance(said, dict) and isinstance(said.get("id"), int):
            self._ids = [*self._ids[-5:], said["id"]]

    # Judging

    def fault(self, operation: dict[str, Any], answer: Answer) -> str:
        """Return what is wrong with an answer, by the operation's own description; empty if nothing is."""
        if not answer.answered:
            return "no answer came"
        known = operation["responses"]
        described = known.get(str(answer.status), None if (answer.status or 0) >= 500 else known.get("default"))
        if described is None:
            return f"the schema knows no {answer.status} here"
        kinds = self._resolved(described).get("content", {})
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not kinds or (not kind and not answer.body):
            return ""
        if kind not in kinds:
            return f"the schema knows {' and '.join(kinds)} here, not {kind}"
        return self._misfit(kinds[kind].get("schema"), answer) if kind.endswith("json") else ""

    def _misfit(self, schema: dict[str, Any] | None, answer: Answer) -> str:
        from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]

        if schema is None:
            return ""
        whole = {**schema, "components": self._schema.get("components", {})}
        error = next(Draft202012Validator(whole).iter_errors(json.loads(answer.body)), None)
        return f"at {error.json_path}: {error.message[:200]}" if error else ""

    # Making requests

    def _cases(self, method: str, route: str, operation: dict[str, Any], odd_values: int) -> Iterator[Case]:
        inputs = [self._resolved(each) for each in operation.get("parameters", ()) if each.get("in") != "header"]
        kind, body = self._body(operation)
        names = [*(each["name"] for each in inputs), *(f".{name}" for name in self._fields(body))]
        good = [("", None)] * 2
        odd = [(name, value) for name in names for value in self._odd(odd_values)]
        for name, value in good + odd:
            params, path = {}, route
            for each in inputs:
                chosen = value if each["name"] == name else self._good(each.get("schema", {}), each["name"])
                if each["in"] == "path":
                    path = path.replace(f"{{{each['name']}}}", _in_path(chosen))
                elif each["name"] == name or each.get("required") or self._chance.random() < 0.5:
                    params[each["name"]] = _in_query(chosen)
            sent = self._sent(kind, body, name.removeprefix(".") if name.startswith(".") else "", value)
            yield Case(method, route, path, name.lstrip("."), params, sent)
        if kind == "application/json":
            headers = {"Content-Type": kind}
            yield Case(method, route, self._some_path(route), "body", {}, {"content": NO_JSON_BODY, "headers": headers})

    def _some_path(self, route: str) -> str:
        return "/".join("1" if part.startswith("{") else part for part in route.split("/"))

    def _odd(self, number: int) -> list[Any]:
        """Return so many odd values; a text with a NUL is always among them."""
        return [NUL, *self._chance.sample([*TEXTS[1:], *NUMBERS, *OTHERS], number - 1)]

    def _body(self, operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        content = operation.get("requestBody", {}).get("content", {})
        for kind, described in content.items():
            return kind, self._resolved(described.get("schema", {}))
        return "", {}

    def _fields(self, body: dict[str, Any]) -> list[str]:
        return list(body.get("properties", {}))

    def _sent(self, kind: str, body: dict[str, Any], odd: str, value: Any) -> dict[str, Any]:
        if not kind:
            return {}
        made = self._good(body, "")
        if odd:
            made[odd] = value
        if kind == "application/json":
            return {"content": json.dumps(made).encode(), "headers": {"Content-Type": kind}}
        if kind == "multipart/form-data":
            text = value if odd and isinstance(value, str) else "A page"
            file = (
                f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="https://a.example/">{text}</A>\n</DL><p>\n'
            )
            return {"files": {name: ("b.html", file.encode(errors="replace"), "text/html") for name in made}}
        return {"data": {name: _in_query(each) for name, each in made.items()}}

    def _good(self, schema: dict[str, Any], name: str) -> Any:
        """Return something that a schema describes."""
        schema = self._resolved(schema)
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._good(self._chance.choice(choices), name)
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else self._chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return [self._good(schema.get("items", {}), name) for _ in range(self._chance.randrange(3))]
            case "integer" | "number":
                return self._number(schema, name)
            case "boolean":
                return self._chance.random() < 0.5
            case "null":
                return None
        return self._text(schema, name)

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        chosen = {
            name: each
            for name, each in schema.get("properties", {}).items()
            if name in required or self._chance.random() < 0.7
        }
        return {name: self._good(each, name) for name, each in chosen.items()}

    def _number(self, schema: dict[str, Any], name: str) -> int:
        if name.endswith("id") or name == "ids":
            return self._chance.choice(self._ids)
        least = int(schema.get("minimum", 0))
        return self._chance.randint(least, min(int(schema.get("maximum", 100)), least + 100))

    def _text(self, schema: dict[str, Any], name: str) -> str:
        word = "".join(self._chance.choices(string.ascii_lowercase, k=max(8, schema.get("minLength", 0))))
        if schema.get("format") == "email" or name == "email":
            return f"{word}@example.com"
        return f"https://{word}.example/{word}" if name == "url" or schema.get("format") == "uri" else word

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._schema
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


def stay_home() -> None:
    """Runs inside the service: whatever URL comes up, nobody but this machine is asked."""
    import asyncio.selector_events
    import socket

    look_up, connect = socket.getaddrinfo, asyncio.selector_events.BaseSelectorEventLoop.sock_connect

    def look_up_here(host: object, *args: object, **more: object) -> object:
        if host not in ("127.0.0.1", "localhost", b"127.0.0.1", None):
            raise OSError("this service stays at home")
        return look_up(host, *args, **more)  # type: ignore[arg-type]

    async def connect_here(self: object, sock: object, address: object) -> None:
        if isinstance(address, tuple) and address[0] != "127.0.0.1":
            raise OSError("this service stays at home")
        await connect(self, sock, address)  # type: ignore[arg-type]

    socket.getaddrinfo = look_up_here  # type: ignore[assignment]
    asyncio.selector_events.BaseSelectorEventLoop.sock_connect = connect_here  # type: ignore[method-assign]


def _in_path(value: Any) -> str:
    return quote(str(value).encode(errors="replace"), safe="") or "%20"


def _in_query(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return json.dumps(value) if isinstance(value, dict | list) else value


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = text.encode("unicode_escape", errors="replace").decode()
    return text if len(text) <= 200 else f"{text[:200]} ..."
