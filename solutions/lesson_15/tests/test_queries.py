"""Lists are in order, searches find what they should, and pages follow one another."""

from datetime import UTC, datetime

from actions import BOOKMARKS, save, urls
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark

A_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_newest_comes_first(ann: AsyncClient) -> None:
    """The one that was saved last, at the top."""
    for name in ("a", "b", "c"):
        await save(ann, f"https://example.com/{name}")

    assert await urls(ann) == ["https://example.com/c", "https://example.com/b", "https://example.com/a"]


async def test_of_one_moment_the_last_comes_first(ann: AsyncClient, db_session: AsyncSession) -> None:
    """An import gives many bookmarks the same date, and their order must not be chance."""
    for name in ("a", "b", "c"):
        await save(ann, f"https://example.com/{name}")
    await db_session.execute(update(Bookmark).values(date_added=A_MOMENT))
    await db_session.commit()

    assert await urls(ann) == ["https://example.com/c", "https://example.com/b", "https://example.com/a"]


async def test_pages_follow_one_another_to_the_end(ann: AsyncClient) -> None:
    """`next` leads through all of them, and nowhere from the last page."""
    for number in range(4):
        await save(ann, f"https://example.com/{number}")

    first = (await ann.get(BOOKMARKS, params={"limit": 2})).json()
    second = (await ann.get(first["next"])).json()

    assert (first["count"], first["previous"]) == (4, None)
    assert [bookmark["url"][-1] for bookmark in first["results"] + second["results"]] == ["3", "2", "1", "0"]
    assert second["next"] is None
    assert (await ann.get(second["previous"])).json()["results"] == first["results"]


async def test_the_archive_is_a_list_of_its_own(ann: AsyncClient) -> None:
    """A bookmark is in one of the two."""
    await save(ann, "https://example.com/here")
    old = await save(ann, "https://example.com/old")

    await ann.post(f"{BOOKMARKS}{old['id']}/archive/")

    assert await urls(ann) == ["https://example.com/here"]
    assert await urls(ann, f"{BOOKMARKS}archived/") == ["https://example.com/old"]


async def test_a_search_finds_what_it_says(ann: AsyncClient) -> None:
    """All words, in any case; `%` and `_` are only characters; a tag is found as a whole."""
    await save(ann, "https://example.com/1", title="Sale: 100% off")
    await save(ann, "https://example.com/2", title="Sale: 1000 things")
    await save(ann, "https://example.com/3", title="a_b", tag_names=["art"])
    await save(ann, "https://example.com/4", title="axb")

    found = {"sale": "21", "SALE 100": "21", "100%": "1", "a_b": "3", "#Art": "3", "#ar": "", "nothing": ""}
    for typed, numbers in found.items():
        assert "".join(url[-1] for url in await urls(ann, q=typed)) == numbers, typed
