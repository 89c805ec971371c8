"""What tests do again and again before they come to their point."""

from typing import Any

from httpx2 import AsyncClient

BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"


async def save(who: AsyncClient, url: str, **values: Any) -> dict[str, Any]:
    """Save a bookmark of somebody's, and return it as Shelf answers it."""
    answer = await who.post(BOOKMARKS, json={"url": url} | values)
    assert answer.status_code == 201, answer.text
    saved: dict[str, Any] = answer.json()
    return saved


async def urls(who: AsyncClient, path: str = BOOKMARKS, **params: str | int) -> list[str]:
    """Return the URLs in a list of somebody's bookmarks, in their order."""
    answer = await who.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [bookmark["url"] for bookmark in answer.json()["results"]]


async def tag_counts(who: AsyncClient, **params: int) -> dict[str, int]:
    """Return how many bookmarks each tag in a list of somebody's tags has."""
    answer = await who.get(TAGS, params=params)
    assert answer.status_code == 200, answer.text
    return {tag["name"]: tag["bookmark_count"] for tag in answer.json()["results"]}
