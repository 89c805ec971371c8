"""Sockets on the loopback address."""

import os
import socket


def listen(port: int = 0) -> socket.socket:
    """Return a listening socket on 127.0.0.1; port 0 lets the system choose a free one.

    IPPROTO_TCP is named because asyncio turns Nagle's algorithm off only on sockets that say they are TCP; without
    it every small answer waits some 40 ms.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # on Windows the option means something else: it lets others steal the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    listener.setblocking(False)
    return listener


def closed_port() -> int:
    """Return a port on which nobody listens: the system has just given it out and taken it back."""
    with listen() as listener:
        port: int = listener.getsockname()[1]
    return port
