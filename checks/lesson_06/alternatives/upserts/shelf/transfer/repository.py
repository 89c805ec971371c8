"""Saving what a bookmark file brings. The database passes by what it has: ON CONFLICT DO NOTHING."""

from collections.abc import AsyncIterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert
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
    count = select(func.count()).select_from(Bookmark)
    before = await session.scalar(count) or 0
    await session.execute(insert(Bookmark).on_conflict_do_nothing().values([_row(link) for link in links]))
    tags = await TagRepository(session).named(name for link in links for name in link.tag_names)
    urls = {link.url for link in links}
    found = await session.execute(select(Bookmark.url, Bookmark.id).where(Bookmark.url.in_(urls)))
    ids = dict(found.tuples().all())
    pairs = [(ids[link.url], tags[name.casefold()].id) for link in links for name in link.tag_names]
    if pairs:
        columns = [column.name for column in bookmark_tags.columns]
        rows = [dict(zip(columns, pair, strict=True)) for pair in pairs]
        await session.execute(insert(bookmark_tags).on_conflict_do_nothing(), rows)
    return (await session.scalar(count) or 0) - before


def _row(link: Link) -> dict[str, Any]:
    """Return the values of a new bookmark's row."""
    values = link.model_dump(exclude={"tag_names"})
    return values | {"date_added": link.date_added or now(), "search_text": searchable(values)}
