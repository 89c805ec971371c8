"""What a refresh is about: which bookmarks, what it answers, what it keeps."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.schemas import LARGEST
from shelf.database import Sessions
from shelf.parsing import Page


class RefreshRequest(BaseModel):
    """Which bookmarks (null: all of them), and whether the first failure stops the rest."""

    ids: Annotated[list[int], Field(max_length=1000)] | None = None
    strict: bool = False


class Failure(BaseModel):
    """A bookmark that could not be refreshed, and why."""

    id: int
    url: str | None
    reason: str


class RefreshResult(BaseModel):
    """What became of the bookmarks."""

    refreshed: list[int]
    failed: list[Failure]


async def find(sessions: Sessions, owner_id: int, ids: Sequence[int] | None) -> tuple[list[Bookmark], list[Failure]]:
    """Return the owner's bookmarks with these ids, each once, and a failure for every id that has none.

    Without ids it is all of them.
    """
    async with sessions.begin() as session:
        bookmarks = BookmarkRepository(session, owner_id)
        if ids is None:
            return list(await bookmarks.newest()), []
        found = {bookmark_id: await bookmarks.get(bookmark_id) for bookmark_id in ids if 0 < bookmark_id <= LARGEST}
    unknown = [bookmark_id for bookmark_id in dict.fromkeys(ids) if not found.get(bookmark_id)]
    failures = [Failure(id=bookmark_id, url=None, reason="there is no such bookmark") for bookmark_id in unknown]
    return [bookmark for bookmark in found.values() if bookmark], failures


async def renew(
    sessions: Sessions, bookmarks: Sequence[Bookmark], pages: Mapping[int, Page], failed: list[Failure]
) -> list[int]:
    """Keep what the pages, by bookmark id, say: all of it or, after an error, nothing. Return the ids of the renewed.

    A bookmark that was deleted, or got another URL, while its page was on its way is added to `failed`.
    """
    renewed = []
    async with sessions.begin() as session:
        for bookmark in bookmarks:
            if page := pages.get(bookmark.id):
                if await _renew_one(BookmarkRepository(session, bookmark.owner_id), bookmark, page):
                    renewed.append(bookmark.id)
                else:
                    failed.append(Failure(id=bookmark.id, url=bookmark.url, reason="it was changed meanwhile"))
    return renewed


async def _renew_one(bookmarks: BookmarkRepository, bookmark: Bookmark, page: Page) -> bool:
    """Keep what `page` says; False if the bookmark is no longer the one whose page this is."""
    now = await bookmarks.get(bookmark.id)
    if now is None or now.url != bookmark.url:
        return False
    own_words = {"title": now.title or page.title or "", "description": now.description or page.description or ""}
    on_page = {"website_title": page.title, "website_description": page.description}
    await bookmarks.change(now, own_words | on_page)
    return True
