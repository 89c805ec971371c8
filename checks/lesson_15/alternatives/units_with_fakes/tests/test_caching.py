"""The cache, and the lists that are kept in it."""

from asyncio import gather
from contextlib import asynccontextmanager

from conftest import Sessions
from fakes import FakeRedis
from pydantic import TypeAdapter

from shelf.cache import Cache
from shelf.dependencies import get_session
from shelf.tags.lists import TagLists
from shelf.tags.repository import TagRepository

TEXT = TypeAdapter(str)


async def names(sessions: Sessions, cache: Cache, limit: int = 10) -> list[str]:
    async with sessions() as session:
        lists = TagLists(TagRepository(session, 1), cache)
        return [tag.name for tag in (await lists.page(limit, 0)).results]


async def add(sessions: Sessions, cache: Cache, *added: str) -> None:
    async with asynccontextmanager(get_session)(sessions, cache) as session:
        await TagRepository(session, 1).named(added)


async def test_a_new_tag_is_listed(sessions: Sessions, cache: Cache) -> None:
    assert await names(sessions, cache) == []
    await add(sessions, cache, "new")
    assert await names(sessions, cache) == ["new"]


async def test_limits_are_kept_apart(sessions: Sessions, cache: Cache) -> None:
    await add(sessions, cache, "a", "b")
    assert [await names(sessions, cache, limit) for limit in (1, 2)] == [["a"], ["a", "b"]]


async def test_a_redis_that_is_down_is_an_empty_one() -> None:
    redis = FakeRedis()
    redis.down = True
    cache = Cache(redis, 1)
    assert await gather(cache.get("key", TEXT), cache.version("name")) == [None, None]
