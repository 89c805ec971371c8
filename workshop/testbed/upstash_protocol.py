"""What the Upstash REST API understands and answers: commands as JSON or as a path, replies as JSON, over fakeredis."""

import base64
import hashlib
import itertools
import json
import re
from typing import Any
from urllib.parse import unquote

Command = list[str]
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

    def run(self, command: Command, *, encoded: bool = False) -> dict[str, Any]:
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


def read_request(path: bytes, query: list[tuple[str, str]], body: bytes) -> tuple[str, list[Command]]:
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


def readable(reply: dict[str, Any]) -> Any:
    """Return what a reply carries; ValueError with the text of an error."""
    if "error" in reply:
        raise ValueError(reply["error"])
    return reply["result"]
