"""What comes in is checked, and tidied."""

from typing import Any

import pytest
from actions import BOOKMARKS, save
from httpx2 import AsyncClient

ANN = {"email": "ann@example.com", "username": "ann_1", "age": 33, "password": "a long password"}


@pytest.mark.parametrize("url", ["http://example.com", "HTTPS://Example.com/a?b=c#d"])
async def test_a_url_comes_back_as_it_came(ann: AsyncClient, url: str) -> None:
    """It is judged, but not spelt anew."""
    saved = await save(ann, url)

    assert saved["url"] == url


@pytest.mark.parametrize("url", ["ftp://example.com/", "example.com", "http://"])
async def test_only_http_and_https_can_be_saved(ann: AsyncClient, url: str) -> None:
    """What a browser could not open as a page is refused."""
    answer = await ann.post(BOOKMARKS, json={"url": url})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "url"]


async def test_tags_are_trimmed_sorted_and_each_is_there_once(ann: AsyncClient) -> None:
    """Case does not count, and the first spelling wins."""
    saved = await save(ann, "https://example.com/", tag_names=[" web ", "Art", "WEB", "", "art "])

    assert saved["tag_names"] == ["Art", "web"]


async def test_a_patch_changes_what_was_sent_and_nothing_else(ann: AsyncClient) -> None:
    """What is absent stays."""
    saved = await save(ann, "https://example.com/", title="A", description="B", notes="C", tag_names=["d"])

    answer = await ann.patch(f"{BOOKMARKS}{saved['id']}/", json={"unread": True})

    changed = answer.json()
    assert changed == saved | {"unread": True, "date_modified": changed["date_modified"]}


async def test_null_is_not_absent(ann: AsyncClient) -> None:
    """Nothing that can be sent may be null."""
    saved = await save(ann, "https://example.com/")

    for name in ("url", "title", "description", "notes", "unread", "shared", "tag_names"):
        answer = await ann.patch(f"{BOOKMARKS}{saved['id']}/", json={name: None})

        assert answer.status_code == 422, name


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("age", 17, 422),
        ("age", 18, 201),
        ("username", "an", 422),
        ("username", "ann", 201),
        ("username", "ann!", 422),
        ("password", "eleven char", 422),
        ("password", "twelve chars", 201),
        ("email", "nobody", 422),
    ],
)
async def test_who_may_open_an_account(client: AsyncClient, name: str, value: Any, status: int) -> None:
    """Every limit, on both of its sides."""
    answer = await client.post("/api/accounts/", json=ANN | {name: value})

    assert answer.status_code == status, answer.text
