"""Sockets on the loopback address."""

import os
import socket


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


def listen() -> socket.socket:
    """Return a socket that listens on a free port of 127.0.0.1."""
    listener = bind()
    listener.listen(512)
    return listener


def closed_port() -> int:
    """Return a port on which nobody listens: the system has just given it out and taken it back."""
    with listen() as listener:
        port: int = listener.getsockname()[1]
    return port
