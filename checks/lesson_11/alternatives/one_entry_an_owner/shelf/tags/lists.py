"""The tags of an owner with their counts, listed once for many.

Different: all tags of an owner are one entry, and parts of the list are cut out of it.
"""

from pydantic import TypeAdapter

from shelf.cache import Cache
from shelf.tags.repository import TagRepository
from shelf.tags.schemas import TagCount, TagCounts

SECONDS = 300
"""How long a list counts, unless something changes."""
COUNTS = TypeAdapter(TagCounts)


class TagLists:
    """Lists of the tags in `tags`, which are those of one owner; what was listed is kept in `cache`."""

    def __init__(self, tags: TagRepository, cache: Cache) -> None:
        self._tags = tags
        self._cache = cache

    async def page(self, limit: int, offset: int) -> TagCounts:
        """Return how many tags there are, and at most `limit` of them by name, without the first `offset`."""
        name = tags_of(self._tags.owner_id)
        version = await self._cache.version(name)
        key = f"{name}:{version}"
        everything = await self._cache.get(key, COUNTS) if version else None
        if everything is None:
            everything = await self._read(100_000, 0)
            if version:
                await self._cache.put(key, everything, COUNTS, SECONDS)
        return TagCounts(count=everything.count, results=everything.results[offset : offset + limit])

    async def _read(self, limit: int, offset: int) -> TagCounts:
        count, found = await self._tags.page(limit, offset)
        return TagCounts(count=count, results=[TagCount.model_validate(tag) for tag in found])


def tags_of(owner_id: int) -> str:
    """Return what the lists of this owner's tags are called in the cache."""
    return f"tags:{owner_id}"
