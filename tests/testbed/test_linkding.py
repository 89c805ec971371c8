"""The client of linkding: its environment is made once, and a machine that cannot have it is told so."""

from pathlib import Path

import pytest

from workshop.testbed import linkding
from workshop.testbed.linkding import NoClientError, use_linkding


@pytest.fixture
def nothing_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment is there, and none can be made."""
    monkeypatch.setattr(linkding, "CLIENTS", tmp_path)
    monkeypatch.setattr(linkding, "_tried", {})
    monkeypatch.setattr(linkding, "_install", lambda home: linkding._run(["no-such-program"], 1))


@pytest.mark.usefixtures("nothing_installs")
def test_where_it_cannot_be_had_it_says_so_and_tries_once() -> None:
    """The second use fails without another attempt; nothing half made is left."""
    told: list[str] = []
    for _ in range(2):
        with pytest.raises(NoClientError, match=r"could not be installed: .*no-such-program"):
            use_linkding("http://127.0.0.1:9", "key", {}, told.append)
    assert told == [linkding.ONCE]
    assert not list(linkding.CLIENTS.iterdir())


def test_a_call_that_fails_is_named() -> None:
    """A service that is not there is the service's fault, not the client's."""
    try:
        used = use_linkding("http://127.0.0.1:9", "key", {"url": "http://example.com"}, print)
    except NoClientError as error:
        pytest.skip(str(error))
    assert (used.failed_call, used.done) == ("connect", {})
    assert "ClientConnectorError" in used.error
