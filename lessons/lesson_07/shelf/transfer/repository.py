"""Saving what a bookmark file brings."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.bookmarks.models import Bookmark, bookmark_tags, now, searchable
from shelf.bookmarks.urls import normalize_url
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
    ids = await _known(session, links)
    before = set(ids.values())
    rows: dict[str, dict[str, Any]] = {}
    for link in links:
        if link.url not in ids:
            rows.setdefault(normalize_url(link.url), _row(link))
    if rows:
        columns = Bookmark.url_normalized, Bookmark.id
        added = dict((await session.execute(insert(Bookmark).returning(*columns), [*rows.values()])).tuples().all())
        ids |= {link.url: added[normalize_url(link.url)] for link in links if link.url not in ids}
    await _tag(session, links, ids, before)
    return len(rows)


async def _known(session: AsyncSession, links: Iterable[Link]) -> dict[str, int]:
    """Return, by URL, the ids of the bookmarks that are there; as `BookmarkRepository.of_url` finds them."""
    forms = {link.url: normalize_url(link.url) for link in links}
    there = or_(Bookmark.url.in_(forms), Bookmark.url_normalized.in_(set(forms.values())))
    found = (await session.execute(select(Bookmark.id, Bookmark.url, Bookmark.url_normalized).where(there))).all()
    by_url = {row.url: row.id for row in found}
    by_form = {row.url_normalized: row.id for row in found}
    ids = {url: by_url.get(url, by_form.get(form)) for url, form in forms.items()}
    return {url: number for url, number in ids.items() if number is not None}


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
