"""The roads from a service to the stand-in web: made-up names, and every address there is.

Whatever address the service connects to, at the stand-in web's port, the stand-in web answers; so a page that it should
not have visited is one that it has read. It works inside the service's process, below every HTTP client: on the
look-ups and the sockets of Python itself.
"""

from workshop.testbed.service import Service
from workshop.testbed.web import Web


class Roads:
    """What a service finds when it looks a name up or connects to an address."""

    def __init__(self, shelf: Service, web: Web) -> None:
        self._shelf = shelf
        self.port = int(web.origin.rpartition(":")[2])
        shelf.ask(_lay, self.port)

    def name(self, host: str, *meanings: list[str]) -> str:
        """Let a name have these addresses; return the origin of the stand-in web under this name.

        With several lists, the first look-up finds the first, the second the second, and every later one the last.
        """
        self._shelf.ask(_name, host, meanings)
        return f"http://{host}:{self.port}"

    def new(self) -> list[str]:
        """Return the addresses that the service has connected to since the last call, or tried to, in their order.

        Only those at the stand-in web's port; a connection that was used again is none.
        """
        return list(self._shelf.ask(_taken))


def _lay(port: int) -> None:
    from workshop.testbed import roads_inside

    roads_inside.lay(port)


def _name(host: str, meanings: list[list[str]]) -> None:
    from workshop.testbed import roads_inside

    roads_inside.name(host, meanings)


def _taken() -> list[str]:
    from workshop.testbed import roads_inside

    return roads_inside.taken()
