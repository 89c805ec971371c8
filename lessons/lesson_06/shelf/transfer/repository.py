"""Saving what a bookmark file brings."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import bookmark_tags, now, searchable
from shelf.bookmarks.repository import BookmarkRepository
from shelf.tags.repository import TagRepository
from shelf.transfer.links import Link


async def import_links(session: AsyncSession, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links, a chunk at a time; return how many bookmarks were created, and how many links found theirs there.

    A bookmark that is there, from before or from a link further up, stays as it is; it only gets the tags of the link.
    """
    # TODO: this asks several times for every link, and it saves a link as if somebody had typed it just now.
    bookmarks = BookmarkRepository(session)
    created = updated = 0
    async for links in chunks:
        for link in links:
            known = await bookmarks.of_url(link.url)
            await bookmarks.save(link.model_dump(exclude={"date_added"}))
            created, updated = created + (not known), updated + bool(known)
    return created, updated


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
