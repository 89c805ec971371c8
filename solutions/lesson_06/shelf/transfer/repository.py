"""Saving what a bookmark file brings."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags, now, searchable
from shelf.tags.repository import TagRepository
from shelf.transfer.links import Link


async def import_links(session: AsyncSession, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links, a chunk at a time; return how many bookmarks were created, and how many links found theirs there.

    A bookmark that is there, from before or from a link further up, stays as it is; it only gets the tags of the link.
    """
    created = updated = 0
    async for links in chunks:
        async with session.begin_nested():  # SQLite lets nobody else write from here on
            new = await _save(session, links)
        created, updated = created + new, updated + len(links) - new
    return created, updated


async def _save(session: AsyncSession, links: Sequence[Link]) -> int:
    """Save a chunk of links with a handful of statements; return how many bookmarks are new."""
    by_url: dict[str, Link] = {}
    for link in links:
        by_url.setdefault(link.url, link)
    known = select(Bookmark.url, Bookmark.id).where(Bookmark.url.in_(by_url))
    ids: dict[str, int] = dict((await session.execute(known)).tuples().all())
    before = set(ids.values())
    rows = [_row(link) for url, link in by_url.items() if url not in ids]
    if rows:
        added = await session.execute(insert(Bookmark).returning(Bookmark.url, Bookmark.id), rows)
        ids |= dict(added.tuples().all())
    await _tag(session, links, ids, before)
    return len(rows)


def _row(link: Link) -> dict[str, Any]:
    """Return the values of a new bookmark's row."""
    values = link.model_dump(exclude={"tag_names"})
    return values | {"date_added": link.date_added or now(), "search_text": searchable(values)}


async def _tag(session: AsyncSession, links: Iterable[Link], ids: Mapping[str, int], before: set[int]) -> None:
    """Give the bookmark of each link, whose id `ids` knows by URL, those tags of the link that it has not got.

    `before` are the ids of those that were there; only they can have tags already.
    """
    tags = await TagRepository(session).named(name for link in links for name in link.tag_names)
    wanted = {(ids[link.url], tags[name.casefold()].id) for link in links for name in link.tag_names}
    theirs = select(bookmark_tags).where(bookmark_tags.c.bookmark_id.in_(before))
    missing = wanted - set((await session.execute(theirs)).tuples().all())
    if missing:
        pairs = [{"bookmark_id": bookmark_id, "tag_id": tag_id} for bookmark_id, tag_id in sorted(missing)]
        await session.execute(insert(bookmark_tags), pairs)
