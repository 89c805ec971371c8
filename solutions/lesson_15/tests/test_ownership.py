"""What is somebody else's does not exist."""

from actions import BOOKMARKS, save, tag_counts, urls
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account


async def test_a_bookmark_of_somebody_else_is_not_there(ann: AsyncClient, ben: AsyncClient) -> None:
    """No way leads to it, and none changes it."""
    saved = await save(ann, "https://example.com/", title="Ann's")
    path, other = f"{BOOKMARKS}{saved['id']}/", {"url": "https://example.org/"}

    answers = [
        await ben.get(path),
        await ben.patch(path, json=other),
        await ben.put(path, json=other),
        await ben.delete(path),
        await ben.post(f"{path}archive/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await ann.get(path)).json() == saved


async def test_lists_show_ones_own_alone(ann: AsyncClient, ben: AsyncClient) -> None:
    """However many others there are."""
    await save(ann, "https://example.com/ann", tag_names=["of-ann"])
    await save(ben, "https://example.com/ben", tag_names=["of-ben"])

    assert await urls(ben) == ["https://example.com/ben"]
    assert await urls(ben, q="example") == ["https://example.com/ben"]
    assert await tag_counts(ben) == {"of-ben": 1}


async def test_an_export_holds_ones_own_alone(ann: AsyncClient, ben: AsyncClient) -> None:
    """All of them, archived ones too."""
    await save(ann, "https://example.com/ann")
    await save(ben, "https://example.com/ben")
    await save(ben, "https://example.com/old", is_archived=True)

    text = (await ben.get(f"{BOOKMARKS}export/")).text

    assert "https://example.com/ben" in text
    assert "https://example.com/old" in text
    assert "https://example.com/ann" not in text


async def test_a_tag_of_somebody_else_is_not_there(ann: AsyncClient, ben: AsyncClient) -> None:
    """Not by its number either."""
    tag = (await ann.post("/api/tags/", json={"name": "secret"})).json()

    answer = await ben.get(f"/api/tags/{tag['id']}/")

    assert answer.status_code == 404


async def test_a_key_of_somebody_else_cannot_be_revoked(ann: AsyncClient, ben: AsyncClient) -> None:
    """It goes on counting."""
    key = (await ann.post("/api/tokens/", json={"name": "phone"})).json()

    answer = await ben.delete(f"/api/tokens/{key['id']}/")

    assert answer.status_code == 404
    assert [each["id"] for each in (await ann.get("/api/tokens/")).json()] == [key["id"]]


async def test_only_superusers_see_the_accounts(ann: AsyncClient, db_session: AsyncSession) -> None:
    """Nobody becomes one by asking."""
    answer = await ann.get("/api/admin/accounts/")
    assert answer.status_code == 403

    (await db_session.get_one(Account, 1)).is_superuser = True
    await db_session.commit()

    answer = await ann.get("/api/admin/accounts/")
    assert [account["username"] for account in answer.json()["results"]] == ["ann"]


async def test_who_was_shut_out_is_out_at_once(ann: AsyncClient, db_session: AsyncSession) -> None:
    """The token that somebody still has opens nothing."""
    (await db_session.get_one(Account, 1)).is_active = False
    await db_session.commit()

    answer = await ann.get(BOOKMARKS)

    assert answer.status_code == 401
