"""What queries find, and in which order."""

from datetime import UTC, datetime

from conftest import bookmark
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.search import parse_search
from shelf.paging import neighbours

DAY = datetime(2026, 1, 1, tzinfo=UTC)


async def titles(session: AsyncSession, typed: str) -> list[str]:
    _, found = await BookmarkRepository(session, 1).page(parse_search(typed), archived=False, limit=10, offset=0)
    return [each.title for each in found]


async def test_one_date(session: AsyncSession) -> None:
    for name in "abc":
        session.add(bookmark(1, name, date_added=DAY))
        await session.flush()
    assert await titles(session, "") == ["c", "b", "a"]


async def test_wildcards(session: AsyncSession) -> None:
    session.add_all([bookmark(1, "a_b"), bookmark(1, "axb")])
    await session.flush()
    assert await titles(session, "a_b") == ["a_b"]


def test_neighbours() -> None:
    request = Request({"type": "http", "scheme": "http", "server": ("shelf", 80), "path": "/", "headers": []})
    assert neighbours(request, 4, 2, 2) == ("http://shelf/?limit=2&offset=0", None)
