"""The fence: pages may be anywhere on the public internet, and nowhere inside."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HANDED_OUT = IPv6Network("2000::/3")
"""The part of IPv6 that public addresses are taken from."""
NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of a translator: the last four bytes are an IPv4 address."""


class FenceError(OSError):
    """A page is behind the fence; the message names its address."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, also when it is wrapped in another one."""
    address = _unwrapped(address)
    if isinstance(address, IPv6Address) and address not in HANDED_OUT:
        return False
    return address.is_global and not address.is_multicast


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


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
        """Return a socket for an address as `getaddrinfo` gives it; raise FenceError if there may be none.

        Whoever connects asks for a socket first, after every look-up and every redirect.
        """
        family, kind, protocol, _, address = info
        self.check(address[0])
        return socket.socket(family, kind, protocol)

    def connect(self, place: tuple[str, int], timeout: float | None = None, source: object = None) -> socket.socket:
        """Return a connection to a host and port, as `socket.create_connection` does; raise OSError if none can be."""
        reason = OSError(f"{place[0]} has no address")
        for *_, address in socket.getaddrinfo(*place, type=socket.SOCK_STREAM):
            try:
                self.check(found := str(address[0]))
                return socket.create_connection((found, place[1]), timeout)  # an address: nothing is looked up again
            except OSError as error:
                reason = error
        raise reason
