"""What a service depends on, as stand-ins on loopback: each starts when first needed, and is new for each step."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from workshop.testbed.network import lasting_port
from workshop.testbed.waiting import Waiter

if TYPE_CHECKING:
    from workshop.testbed.qstash import QStash
    from workshop.testbed.standin import StandIn
    from workshop.testbed.upstash import Upstash

NAMES = ("redis", "qstash")


class World:
    """The stand-ins of one run. None is started, and nothing heavy is imported, before somebody wants one."""

    def __init__(self, *, automatic: bool = False, public_url: str = "") -> None:
        """With `automatic`, QStash delivers by itself; `public_url` is where it reaches the service."""
        self.automatic = automatic
        self.public_url = public_url or new_public_url()
        self.names: frozenset[str] = frozenset()
        """Those of the step that runs."""
        self._standing: dict[str, StandIn] = {}

    @property
    def redis(self) -> "Upstash":
        """The stand-in for Upstash Redis."""
        from workshop.testbed.upstash import Upstash

        found = self._standing.get("redis") or Upstash()
        self._standing["redis"] = found
        assert isinstance(found, Upstash)
        return found

    @property
    def qstash(self) -> "QStash":
        """The stand-in for QStash."""
        from workshop.testbed.qstash import QStash

        found = self._standing.get("qstash") or QStash(automatic=self.automatic)
        self._standing["qstash"] = found
        assert isinstance(found, QStash)
        return found

    def renew(self, names: Iterable[str], waiter: Waiter) -> None:
        """Begin a step that needs these: no data, no faults, and another public URL."""
        self.names = frozenset(names)
        self.public_url = new_public_url()
        for name in self.names:
            self._named(name).renew(waiter)

    def env(self, names: Iterable[str] = ()) -> dict[str, str]:
        """Return the environment variables that lead a service to these, and to those of the step."""
        wanted = self.names.union(names)
        found = {key: value for name in NAMES if name in wanted for key, value in self._named(name).env.items()}
        return found | ({"PUBLIC_URL": self.public_url} if "qstash" in wanted else {})

    def close(self) -> None:
        """Stop them all."""
        for each in self._standing.values():
            each.close()
        self._standing.clear()

    def _named(self, name: str) -> "StandIn":
        return self.qstash if name == "qstash" else self.redis

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def new_public_url() -> str:
    """Return a URL at which a service can be started, ended, and started again."""
    return f"http://127.0.0.1:{lasting_port()}"
