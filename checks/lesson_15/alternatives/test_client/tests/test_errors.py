"""Errors, over HTTP."""

from fastapi import FastAPI
from starlette.testclient import TestClient


def test_422(client: TestClient) -> None:
    sent = {"username": "cleo", "email": "cleo@example.com", "age": 33, "password": "secret"}
    answer = client.post("/api/accounts/", json=sent)
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_401(client: TestClient) -> None:
    assert client.get("/api/tags/").headers.get("WWW-Authenticate") == "Bearer"


def test_500(app: FastAPI, client: TestClient, ann: dict[str, str]) -> None:
    from shelf.dependencies import get_page_reader

    def fails() -> None:
        raise ValueError("of the inside")

    app.dependency_overrides[get_page_reader] = fails
    answer = client.get("/api/bookmarks/check/", params={"url": "https://example.com"}, headers=ann)
    assert answer.status_code == 500
    assert "of the inside" not in answer.text
