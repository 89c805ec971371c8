"""What is kept is what would be found, and nobody else's."""

from actions import BOOKMARKS, save, tag_counts
from fakes import FakeRedis, FakeWeb
from httpx2 import AsyncClient

PAGE = "https://example.com/"
HTML = "<title>A page</title>"


async def test_the_second_check_visits_no_page(ann: AsyncClient, web: FakeWeb) -> None:
    """And says the same."""
    web.pages[PAGE] = HTML

    first, second = [await ann.get(f"{BOOKMARKS}check/", params={"url": PAGE}) for _ in range(2)]

    assert first.json()["metadata"]["title"] == "A page"
    assert second.content == first.content
    assert web.visits[PAGE] == 1


async def test_a_page_that_failed_is_left_alone_for_a_while(ann: AsyncClient, web: FakeWeb) -> None:
    """That it failed is kept, too."""
    for _ in range(2):
        answer = await ann.get(f"{BOOKMARKS}check/", params={"url": PAGE})

    assert answer.json()["metadata"]["title"] is None
    assert web.visits[PAGE] == 1


async def test_a_change_shows_in_the_next_list_of_tags(ann: AsyncClient) -> None:
    """Whatever was kept before."""
    saved = await save(ann, PAGE, tag_names=["art"])
    assert await tag_counts(ann) == {"art": 1}

    await ann.patch(f"{BOOKMARKS}{saved['id']}/", json={"tag_names": ["art", "web"]})
    assert await tag_counts(ann) == {"art": 1, "web": 1}

    await ann.delete(f"{BOOKMARKS}{saved['id']}/")
    assert await tag_counts(ann) == {"art": 0, "web": 0}


async def test_each_part_of_the_list_is_kept_for_itself(ann: AsyncClient) -> None:
    """What was asked for is what comes, whoever asked for what before."""
    await save(ann, PAGE, tag_names=["a", "b", "c"])

    for _ in range(2):
        assert list(await tag_counts(ann, limit=1)) == ["a"]
        assert list(await tag_counts(ann, limit=2)) == ["a", "b"]
        assert list(await tag_counts(ann, limit=1, offset=1)) == ["b"]


async def test_lists_that_are_kept_are_ones_own(ann: AsyncClient, ben: AsyncClient) -> None:
    """One follows the other, with the same question."""
    await save(ann, PAGE, tag_names=["of-ann"])
    await save(ben, PAGE, tag_names=["of-ben"])

    assert await tag_counts(ann) == {"of-ann": 1}
    assert await tag_counts(ben) == {"of-ben": 1}


async def test_without_redis_all_is_as_before(ann: AsyncClient, redis: FakeRedis, web: FakeWeb) -> None:
    """Slower, and never wrong."""
    web.pages[PAGE] = HTML
    redis.down = True

    await save(ann, PAGE, tag_names=["art"])
    answer = await ann.get(f"{BOOKMARKS}check/", params={"url": PAGE})

    assert await tag_counts(ann) == {"art": 1}
    assert answer.json()["metadata"]["title"] == "A page"
