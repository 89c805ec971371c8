"""All of a change is kept or, after an error, nothing."""

from actions import BOOKMARKS, save, tag_counts, urls
from httpx2 import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark

ANN = {"email": "ann@example.com", "username": "ann", "age": 33, "password": "a long password"}


async def test_what_was_saved_is_there(ann: AsyncClient, db_session: AsyncSession) -> None:
    """For the next request, and in the database."""
    saved = await save(ann, "https://example.com/", title="Kept")

    assert (await ann.get(f"{BOOKMARKS}{saved['id']}/")).json() == saved
    assert (await db_session.scalars(select(Bookmark.title))).all() == ["Kept"]


async def test_what_was_deleted_is_gone(ann: AsyncClient) -> None:
    """For the next request."""
    saved = await save(ann, "https://example.com/")

    await ann.delete(f"{BOOKMARKS}{saved['id']}/")

    assert await urls(ann) == []


async def test_a_new_account_can_sign_in(client: AsyncClient) -> None:
    """What signing up has promised holds."""
    await client.post("/api/accounts/", json=ANN)

    answer = await client.post("/api/auth/token", data={"username": "ann", "password": "a long password"})

    assert answer.status_code == 200


async def test_a_refused_change_leaves_nothing(ann: AsyncClient) -> None:
    """Not even the tag that came along with it."""
    await save(ann, "https://example.com/1")
    second = await save(ann, "https://example.com/2")

    answer = await ann.patch(f"{BOOKMARKS}{second['id']}/", json={"tag_names": ["new"], "url": "https://example.com/1"})

    assert answer.status_code == 409
    assert (await ann.get(f"{BOOKMARKS}{second['id']}/")).json() == second
    assert await tag_counts(ann) == {}


async def test_the_same_url_again_is_the_same_bookmark(ann: AsyncClient, db_session: AsyncSession) -> None:
    """The second one replaces what the first one said."""
    first = await save(ann, "https://example.com/", title="Old", notes="Old", tag_names=["old"])

    second = await save(ann, "https://EXAMPLE.com", title="New", tag_names=["new"])

    assert second["id"] == first["id"]
    assert (second["title"], second["notes"], second["tag_names"]) == ("New", "", ["new"])
    assert await db_session.scalar(select(func.count()).select_from(Bookmark)) == 1


async def test_a_broken_file_imports_nothing(ann: AsyncClient) -> None:
    """However late it breaks."""
    links = "".join(f'<DT><A HREF="https://example.com/{number}">{number}</A>\n' for number in range(2000))
    text = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{links}".encode() + b"\xff"  # no UTF-8

    answer = await ann.post(f"{BOOKMARKS}import/", files={"file": ("bookmarks.html", text, "text/html")})

    assert answer.status_code == 422
    assert await urls(ann) == []
