"""Lists and searches, over HTTP."""

from collections.abc import Callable

from starlette.testclient import TestClient

URL = "/api/bookmarks/"


def save(client: TestClient, ann: dict[str, str], *titles: str) -> None:
    for title in titles:
        client.post(URL, json={"url": f"https://example.com/{len(title)}/{title}", "title": title}, headers=ann)


def test_same_date(client: TestClient, ann: dict[str, str], change: Callable[[str], None]) -> None:
    save(client, ann, "a", "b", "c")
    change("UPDATE bookmarks SET date_added = '2026-01-01 00:00:00.000000'")
    assert [found["title"] for found in client.get(URL, headers=ann).json()["results"]] == ["c", "b", "a"]


def test_search(client: TestClient, ann: dict[str, str]) -> None:
    save(client, ann, "ten", "a_b", "axb")
    found = client.get(URL, params={"q": "a_b"}, headers=ann).json()["results"]
    assert [bookmark["title"] for bookmark in found] == ["a_b"]


def test_last_page(client: TestClient, ann: dict[str, str]) -> None:
    save(client, ann, "a", "b")
    page = client.get(URL, params={"limit": 1, "offset": 1}, headers=ann).json()
    assert (page["next"], page["count"]) == (None, 2)
