"""Saving what a bookmark file brings."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags, now
from shelf.bookmarks.urls import normalize_url
from shelf.tags.changes import note_change
from shelf.tags.repository import TagRepository
from shelf.transfer.links import Link


async def import_links(session: AsyncSession, owner_id: int, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links for their owner, a chunk at a time.

    Return how many bookmarks were created, and how many links found theirs there.

    A bookmark that is there, from before or from a link further up, stays as it is; it only gets the tags of the link.
    """
    created = updated = 0
    async for links in chunks:
        async with session.begin_nested():  # SQLite lets nobody else write from here on
            new = await _save(session, owner_id, links)
        created, updated = created + new, updated + len(links) - new
    return created, updated


async def _save(session: AsyncSession, owner_id: int, links: Sequence[Link]) -> int:
    """Save a chunk of links with a handful of statements; return how many bookmarks are new."""
    ids = await _known(session, owner_id, links)
    before = set(ids.values())
    rows: dict[str, dict[str, Any]] = {}
    for link in links:
        if link.url not in ids:
            rows.setdefault(normalize_url(link.url), _row(link, owner_id))
    if rows:
        columns = Bookmark.url_normalized, Bookmark.id
        added = dict((await session.execute(insert(Bookmark).returning(*columns), [*rows.values()])).tuples().all())
        ids |= {link.url: added[normalize_url(link.url)] for link in links if link.url not in ids}
    await _tag(session, owner_id, links, ids, before)
    return len(rows)


async def _known(session: AsyncSession, owner_id: int, links: Iterable[Link]) -> dict[str, int]:
    """Return, by URL, the ids of the owner's bookmarks that are there; as `BookmarkRepository.of_url` finds them."""
    forms = {link.url: normalize_url(link.url) for link in links}
    there = or_(Bookmark.url.in_(forms), Bookmark.url_normalized.in_(set(forms.values())))
    query = select(Bookmark.id, Bookmark.url, Bookmark.url_normalized).where(Bookmark.owner_id == owner_id, there)
    found = (await session.execute(query)).all()
    by_url = {row.url: row.id for row in found}
    by_form = {row.url_normalized: row.id for row in found}
    ids = {url: by_url.get(url, by_form.get(form)) for url, form in forms.items()}
    return {url: number for url, number in ids.items() if number is not None}


def _row(link: Link, owner_id: int) -> dict[str, Any]:
    values = link.model_dump(exclude={"tag_names", "date_added"})
    return values | {"date_added": link.date_added or now(), "owner_id": owner_id}


async def _tag(
    session: AsyncSession, owner_id: int, links: Iterable[Link], ids: Mapping[str, int], before: set[int]
) -> None:
    """Give each link's bookmark the tags of the link, as far as it has not got them."""
    tags = await TagRepository(session, owner_id).named(name for link in links for name in link.tag_names)
    wanted = {(ids[link.url], tags[name.casefold()].id) for link in links for name in link.tag_names}
    theirs = select(bookmark_tags).where(bookmark_tags.c.bookmark_id.in_(before))
    missing = wanted - set((await session.execute(theirs)).tuples().all())
    if missing:
        note_change(session, owner_id)
        pairs = [{"bookmark_id": bookmark_id, "tag_id": tag_id} for bookmark_id, tag_id in sorted(missing)]
        await session.execute(insert(bookmark_tags), pairs)
