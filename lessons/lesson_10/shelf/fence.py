"""The fence: pages may be anywhere on the public internet, and nowhere inside."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class FenceError(OSError):
    """A page is behind the fence; the message names its address."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, also when it is wrapped in another one."""
    # TODO: some addresses that lead inside are not private to Python.
    return not address.is_private


# TODO: `allowed` means nothing yet. And nobody asks the fence when a connection is made.
@dataclass(frozen=True)
class Fence:
    """Lets connections through to public addresses, and to those in the networks `allowed`."""

    allowed: Sequence[Network] = ()

    def check(self, address: str) -> None:
        """Raise FenceError if no connection may be made to an address."""
        if not is_public(ip_address(address)):
            raise FenceError(f"{address} is behind the fence")


# TODO: what a name means now and what it means when the connection is made may differ; and a redirect names another.
async def check_url(url: str) -> None:
    """Raise FenceError if the host of `url` has an address that is not public."""
    host = urlsplit(url).hostname
    for info in await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM):
        Fence().check(str(info[4][0]))
