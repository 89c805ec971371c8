"""The fence: what is not public stands in a list of networks, and a socket of its own kind refuses to connect there."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC = [
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/3"),
        *("::/3", "2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "4000::/2", "8000::/1"),
    )
]
"""What the registry of special addresses names, and all of IPv6 that is not handed out."""


class FenceError(OSError):
    """A page is behind the fence; the message names its address."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, also when it is wrapped in another one."""
    if str(address).startswith("64:ff9b::"):  # a translator passes it on to the IPv4 address in its last bytes
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    return not any(address in network for network in NOT_PUBLIC)


@dataclass(frozen=True)
class Fence:
    """Lets connections through to public addresses, and to those in the networks `allowed`."""

    allowed: Sequence[Network] = ()

    def check(self, address: str) -> None:
        """Raise FenceError if no connection may be made to an address."""
        found = ip_address(address)
        if not is_public(found) and not any(found in network for network in self.allowed):
            raise FenceError(f"{address} is behind the fence")

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Return a socket that connects to nothing inside."""
        return _FencedSocket(self, *info[:3])

    def connect(self, place: tuple[str, int], timeout: float | None = None, source: object = None) -> socket.socket:
        """Return a connection to a host and port, as `socket.create_connection` does; raise OSError if none can be."""
        for *kind, _, address in socket.getaddrinfo(*place, type=socket.SOCK_STREAM):
            connection = _FencedSocket(self, *kind)
            connection.settimeout(timeout)
            try:
                connection.connect(address)
            except OSError:
                connection.close()
            else:
                return connection
        raise OSError(f"{place[0]} has no address that can be reached")


class _FencedSocket(socket.socket):
    """A socket that looks at the address when it is told to connect."""

    def __init__(self, fence: Fence, *kind: Any) -> None:
        super().__init__(*kind)
        self._fence = fence

    def connect(self, address: Any) -> None:
        """Connect to an address that is not a name."""
        self._fence.check(address[0])
        super().connect(address)
