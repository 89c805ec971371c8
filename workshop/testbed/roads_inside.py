"""Inside the service's process: what names mean, where connections lead, and a list of them; see roads.py."""

import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any

_reached: list[str] = []
_meanings: dict[str, list[list[str]]] = {}
_web_port = 0


def lay(web_port: int) -> None:
    """Let every connection to that port, at whatever address, lead to the stand-in web."""
    global _web_port
    _web_port = web_port
    _wrap(socket, "getaddrinfo", _looked_up)
    _wrap(socket, "gethostbyname", lambda real, host: next(iter(_addresses(host, ".") or [real(host)])))
    _wrap(socket, "gethostbyname_ex", lambda real, host: (host, [], _addresses(host, ".") or real(host)[2]))
    _wrap(socket.socket, "connect", _led)
    _wrap(socket.socket, "connect_ex", _led)
    if sys.platform == "win32":
        from asyncio import windows_events

        _wrap(windows_events.IocpProactor, "connect", _led)


def name(host: str, meanings: list[list[str]]) -> None:
    """Let a name have the first addresses at the first look-up, the second at the second, the last from then on."""
    _meanings[host] = meanings


def taken() -> list[str]:
    """Return the addresses that connections led to, or were to lead to, since the last call."""
    found = _reached[:]
    del _reached[: len(found)]
    return found


def _wrap(owner: Any, attribute: str, around: Callable[..., Any]) -> None:
    real = getattr(owner, attribute)
    setattr(owner, attribute, lambda *args, **more: around(real, *args, **more))


def _addresses(host: Any, sign: str = "") -> list[str]:
    """What a name means at this look-up; nothing if no check has named it. `sign` chooses a kind: "." or ":"."""
    text = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    meanings = _meanings.get(text.lower().rstrip("."))
    if not meanings:
        return []
    found = meanings.pop(0) if len(meanings) > 1 else meanings[0]
    return [address for address in found if sign in address]


def _looked_up(real: Callable[..., Any], host: Any, port: Any, *how: Any, **more: Any) -> list[Any]:
    addresses = _addresses(host)
    if not addresses:
        return list(real(host, port, *how, **more))
    found: list[Any] = []
    for address in addresses:
        with contextlib.suppress(socket.gaierror):  # of the family that was not asked for
            found += real(address, port, *how, **more)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address of this family")
    return found


def _led(real: Callable[..., Any], *args: Any) -> Any:
    """Connect to where the address leads; to nowhere beyond this machine."""
    *others, address = args
    sock = next(each for each in others if isinstance(each, socket.socket))
    if not isinstance(address, tuple) or address[1] != _web_port:
        return real(*args)
    _reached.append(address[0])
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return real(*others, ("::ffff:127.0.0.1", _web_port, 0, 0))
    return real(*others, ("127.0.0.1", _web_port))
