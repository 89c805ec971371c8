"""What is whose, over HTTP."""

from collections.abc import Callable

from starlette.testclient import TestClient

URL = "/api/bookmarks/"
Headers = dict[str, str]


def test_bookmark(client: TestClient, ann: Headers, ben: Headers) -> None:
    saved = client.post(URL, json={"url": "https://example.com"}, headers=ann).json()
    assert client.get(f"{URL}{saved['id']}/", headers=ben).status_code == 404
    assert client.delete(f"{URL}{saved['id']}/", headers=ben).status_code == 404


def test_export(client: TestClient, ann: Headers, ben: Headers) -> None:
    client.post(URL, json={"url": "https://example.com"}, headers=ann)
    assert "example.com" in client.get(f"{URL}export/", headers=ann).text
    assert "example.com" not in client.get(f"{URL}export/", headers=ben).text


def test_tag(client: TestClient, ann: Headers, ben: Headers) -> None:
    tag = client.post("/api/tags/", json={"name": "secret"}, headers=ann).json()
    assert client.get(f"/api/tags/{tag['id']}/", headers=ann).status_code == 200
    assert client.get(f"/api/tags/{tag['id']}/", headers=ben).status_code == 404


def test_out(client: TestClient, ann: Headers, ben: Headers, change: Callable[[str], None]) -> None:
    change("UPDATE accounts SET is_superuser = true WHERE username = 'ann'")
    accounts = client.get("/api/admin/accounts/", headers=ann).json()["results"]
    number = next(account["id"] for account in accounts if account["username"] == "ben")
    client.patch(f"/api/admin/accounts/{number}/", json={"is_active": False}, headers=ann)
    assert client.get(URL, headers=ben).status_code == 401
