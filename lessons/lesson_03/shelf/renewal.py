"""What a refresh is about: which bookmarks, what it answers, what it keeps."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from shelf.parsing import Page
from shelf.schemas import BookmarkInDB
from shelf.store import Store


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


def find(store: Store, ids: Sequence[int] | None) -> tuple[list[BookmarkInDB], list[Failure]]:
    """Return the bookmarks with these ids, each once, and a failure for every id that has none. None means all."""
    if ids is None:
        return store.bookmarks(), []
    found = {bookmark_id: store.bookmark(bookmark_id) for bookmark_id in ids}
    unknown = [bookmark_id for bookmark_id, bookmark in found.items() if bookmark is None]
    failures = [Failure(id=bookmark_id, url=None, reason="there is no such bookmark") for bookmark_id in unknown]
    return [bookmark for bookmark in found.values() if bookmark], failures


def renew(
    store: Store, bookmarks: Sequence[BookmarkInDB], pages: Mapping[int, Page], failed: list[Failure]
) -> list[int]:
    """Keep what the pages, by bookmark id, say; return the ids of the bookmarks that are renewed.

    A bookmark that was deleted, or got another URL, while its page was on its way is added to `failed`.
    """
    renewed = []
    for bookmark in bookmarks:
        page, now = pages.get(bookmark.id), store.bookmark(bookmark.id)
        if page is None:
            continue
        if now is None or now.url != bookmark.url:
            failed.append(Failure(id=bookmark.id, url=bookmark.url, reason="it was changed meanwhile"))
            continue
        own_words = {"title": now.title or page.title or "", "description": now.description or page.description or ""}
        on_page = {"website_title": page.title, "website_description": page.description}
        store.change_bookmark(now.id, own_words | on_page)
        renewed.append(now.id)
    return renewed
