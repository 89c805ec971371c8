"""Sockets on the loopback address."""

import contextlib
import os
import secrets
import socket
from urllib.parse import urlsplit

LASTING = range(20_000, 32_000)
"""Ports that no system gives out by itself: neither to who asks for any port, nor to outgoing connections."""


def bind(port: int = 0) -> socket.socket:
    """Return a socket that holds a port on 127.0.0.1 without listening; port 0 lets the system choose a free one.

    IPPROTO_TCP is named because asyncio turns Nagle's algorithm off only on sockets that say they are TCP; without
    it every small answer waits some 40 ms.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # on Windows the option means something else: it lets others steal the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    held.setblocking(False)
    return held


def listen(port: int = 0) -> socket.socket:
    """Return a socket that listens on 127.0.0.1, on a free port unless told which."""
    listener = bind(port)
    try:
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def listen_at(url: str) -> socket.socket:
    """Return a socket that listens where `url` says, if that is a free port of 127.0.0.1; otherwise on a free port."""
    parts = urlsplit(url)
    if parts.hostname == "127.0.0.1" and parts.port:
        with contextlib.suppress(OSError):
            return listen(parts.port)
    return listen()


def lasting_port() -> int:
    """Return a free port that somebody can take, leave and take again: nobody else gets it meanwhile by chance."""
    for _ in range(100):
        port = LASTING[secrets.randbelow(len(LASTING))]
        with contextlib.suppress(OSError):
            bind(port).close()
            return port
    return closed_port()


def closed_port() -> int:
    """Return a port on which nobody listens: the system has just given it out and taken it back."""
    with listen() as listener:
        port: int = listener.getsockname()[1]
    return port
