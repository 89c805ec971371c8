"""Inside a service names mean what a check says, and every address leads to the stand-in web."""

import asyncio
import socket
import urllib.request
from collections.abc import Iterator

import aiohttp
import pytest

from workshop.testbed import roads_inside
from workshop.testbed.web import Web


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The stand-in web, with every road of this process leading there."""
    for owner, name in [
        *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
        *((socket.socket, name) for name in ("connect", "connect_ex")),
    ]:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    web = Web()
    roads_inside.lay(port_of(web))
    roads_inside.taken()
    yield web
    web.close()


def port_of(web: Web) -> int:
    """Where it listens."""
    return int(web.origin.rpartition(":")[2])


def test_every_address_leads_to_the_web(web: Web) -> None:
    """For a client that waits as for one that does not; what each connected to is noted."""
    page = web.page("Here", path="/here")

    async def fetch(url: str) -> str:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    assert "Here" in asyncio.run(fetch(f"http://10.1.2.3:{port_of(web)}/here"))
    with urllib.request.urlopen(f"http://169.254.169.254:{port_of(web)}/here") as answer:
        assert b"Here" in answer.read()
    assert roads_inside.taken() == ["10.1.2.3", "169.254.169.254"]
    assert roads_inside.taken() == []
    assert page.visits == 2


def test_a_name_changes_its_meaning_from_look_up_to_look_up(web: Web) -> None:
    """The last meaning stays; other names mean what they always did."""
    roads_inside.name("turning.example", [["151.101.1.1"], ["10.0.0.1", "fd00::1"]])
    seen = [[info[4][0] for info in socket.getaddrinfo("turning.example", 80, type=socket.SOCK_STREAM)] for _ in "123"]
    assert seen == [["151.101.1.1"], ["10.0.0.1", "fd00::1"], ["10.0.0.1", "fd00::1"]]
    assert socket.gethostbyname("Turning.Example.") == "10.0.0.1"
    assert socket.getaddrinfo("turning.example", 80, socket.AF_INET6)[0][4][0] == "fd00::1"
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
