"""The Upstash Redis REST API on a loopback port, over fakeredis: the vendor's own clients speak to it.

It follows the vendor's documentation of the REST API: commands as JSON or as a path, pipelines, transactions.
"""

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from workshop.testbed.standin import GATEWAY, Reply, StandIn, as_json
from workshop.testbed.upstash_protocol import Command, Database, read_request, readable

if TYPE_CHECKING:
    from starlette.requests import Request

NONSENSE = (
    GATEWAY,
    b"",
    b'{"result": "cut o',
    b"null",
    b"[]",
    b"{}",
    b'{"result": {"a": 1}}',
    b'{"result": "not base64!"}',
)
"""Answers that no client can use: no JSON, cut JSON, JSON that is not the protocol, text that is not base64."""
SPOILED = '{"spoiled": '


class Upstash(StandIn):
    """A Redis database behind the REST API of Upstash."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        """Every command seen so far, refused ones too, each a list of texts: ["SET", "key", "value", "EX", "60"]."""
        self._database = Database()
        self._sync = itertools.count(1)
        self._held_names: frozenset[str] = frozenset()
        super().__init__("upstash")

    @property
    def env(self) -> dict[str, str]:
        """The environment variables by which a service finds this server."""
        return {"UPSTASH_REDIS_REST_URL": self.url, "UPSTASH_REDIS_REST_TOKEN": self.token}

    def clear(self) -> None:
        """Empty the database, scripts too, and forget the commands seen; faults stay."""
        self._do(self._clear)

    def hold(self, *names: str) -> None:
        """From now on let requests wait, neither done nor answered, until `release`; with `names`, only such commands.

        A request with several commands waits if one of them has such a name.
        """
        self._held_names = frozenset(name.upper() for name in names)
        super().hold()

    # What it has seen, and what it keeps

    def count(self, *names: str) -> int:
        """Return how many commands have come so far; with `names`, how many of those."""
        wanted = {name.upper() for name in names}
        return sum(not wanted or command[0].upper() in wanted for command in list(self.commands))

    def run(self, *command: object) -> Any:
        """Run a command past the service, unseen and whatever the fault, and return its reply as text, int or list.

        A refused command raises ValueError.
        """
        return readable(self._do(self._database.run, [str(word) for word in command]))

    def keys(self) -> list[str]:
        """Return every key, sorted."""
        return sorted(self.run("KEYS", "*"))

    def lifetimes(self) -> dict[str, float | None]:
        """Return the seconds that each key has left; None for one that stays."""
        left = {key: self.run("PTTL", key) for key in self.keys()}
        return {key: None if milliseconds == -1 else milliseconds / 1000 for key, milliseconds in left.items()}

    def pass_time(self, seconds: float) -> None:
        """Let every key be so many seconds older; those whose time is up are gone. No clock of anybody's changes."""
        for key, left in self.lifetimes().items():
            if left is not None:
                self.run("PEXPIRE", key, round((left - seconds) * 1000))

    def spoil(self, text: str = SPOILED) -> int:
        """Replace every value by `text`, in strings and in fields of hashes; return how many. Lifetimes stay."""
        spoiled = 0
        for key in self.keys():
            match self.run("TYPE", key):
                case "string":
                    self.run("SET", key, text, "KEEPTTL")
                    spoiled += 1
                case "hash":
                    for field in self.run("HKEYS", key):
                        self.run("HSET", key, field, text)
                        spoiled += 1
        return spoiled

    # In the server's own thread

    def _clear(self) -> None:
        self._database.redis.flushall()
        self._database.redis.script_flush()
        self.commands.clear()

    def _forget(self) -> None:
        self._database = Database()  # not emptied but new: a script may have spoiled the old one for good
        self.commands.clear()

    def _headers(self) -> dict[str, str]:
        return {"Upstash-Sync-Token": str(next(self._sync))}

    def _may_pass(self, request: "Request", body: bytes) -> bool:
        try:
            _, commands = self._read(request, body)
        except ValueError:
            return True
        return bool(self._held_names) and not any(each[0].upper() in self._held_names for each in commands)

    def _read(self, request: "Request", body: bytes) -> tuple[str, list[Command]]:
        return read_request(request.scope["raw_path"], _query(request), body)

    def _answer(self, request: "Request", body: bytes, *, obey: bool) -> Reply:
        """Note what is asked and, if told to `obey`, do it; return status and body."""
        token = request.headers.get("authorization")
        if token != f"Bearer {self.token}" and ("_token", self.token) not in _query(request):
            return 401, as_json({"error": "WRONGPASS invalid or missing auth token"})
        try:
            kind, commands = self._read(request, body)
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


def _query(request: "Request") -> list[tuple[str, str]]:
    return parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
