"""What comes in, over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

URL = "/api/bookmarks/"


@pytest.mark.parametrize("url", ["ftp://example.com/", "ssh://example.com/", "nothing"])
def test_bad_urls(client: TestClient, ann: dict[str, str], url: str) -> None:
    assert client.post(URL, json={"url": url}, headers=ann).status_code == 422


def test_tags(client: TestClient, ann: dict[str, str]) -> None:
    sent = {"url": "https://example.com", "tag_names": ["b ", " a", "A"]}
    assert client.post(URL, json=sent, headers=ann).json()["tag_names"] == ["a", "b"]


def test_patch(client: TestClient, ann: dict[str, str]) -> None:
    saved = client.post(URL, json={"url": "https://example.com", "title": "T"}, headers=ann).json()
    client.patch(f"{URL}{saved['id']}/", json={"notes": "N"}, headers=ann)
    found = client.get(f"{URL}{saved['id']}/", headers=ann).json()
    assert (found["title"], found["notes"], found["url"]) == ("T", "N", "https://example.com")


@pytest.mark.parametrize(("age", "status"), [(17, 422), (18, 201), (150, 201), (151, 422)])
def test_age(client: TestClient, age: Any, status: int) -> None:
    sent = {"username": "cleo", "email": "cleo@example.com", "age": age, "password": "a long password"}
    assert client.post("/api/accounts/", json=sent).status_code == status
