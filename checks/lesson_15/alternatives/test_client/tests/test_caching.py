"""What is kept, over HTTP."""

from fakes import FakeRedis
from starlette.testclient import TestClient

TAGS = "/api/tags/"


def names(client: TestClient, ann: dict[str, str], **params: int) -> list[str]:
    return [tag["name"] for tag in client.get(TAGS, params=params, headers=ann).json()["results"]]


def test_change(client: TestClient, ann: dict[str, str]) -> None:
    assert names(client, ann) == []
    client.post(TAGS, json={"name": "new"}, headers=ann)
    assert names(client, ann) == ["new"]


def test_limits(client: TestClient, ann: dict[str, str]) -> None:
    for name in ("a", "b"):
        client.post(TAGS, json={"name": name}, headers=ann)
    assert (names(client, ann, limit=1), names(client, ann, limit=5)) == (["a"], ["a", "b"])


def test_down(client: TestClient, ann: dict[str, str], redis: FakeRedis) -> None:
    redis.down = True
    client.post(TAGS, json={"name": "new"}, headers=ann)
    assert names(client, ann) == ["new"]
