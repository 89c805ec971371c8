"""The tags of an owner with their counts, listed once for many.

Different: the version stands beside what is kept, and not in its key.
"""

from pydantic import TypeAdapter

from shelf.cache import Cache
from shelf.tags.repository import TagRepository
from shelf.tags.schemas import TagCount, TagCounts

SECONDS = 300
"""How long a list counts, unless something changes."""
COUNTS = TypeAdapter(tuple[str, TagCounts])


class TagLists:
    """Lists of the tags in `tags`, which are those of one owner; what was listed is kept in `cache`."""

    def __init__(self, tags: TagRepository, cache: Cache) -> None:
        self._tags = tags
        self._cache = cache

    async def page(self, limit: int, offset: int) -> TagCounts:
        """Return how many tags there are, and at most `limit` of them by name, without the first `offset`."""
        name = tags_of(self._tags.owner_id)
        version = await self._cache.version(name)
        if version is None:
            return await self._read(limit, offset)
        key = f"{name}:{limit}:{offset}"
        kept = await self._cache.get(key, COUNTS)
        if kept is not None and kept[0] == version:
            return kept[1]
        counts = await self._read(limit, offset)
        await self._cache.put(key, (version, counts), COUNTS, SECONDS)
        return counts

    async def _read(self, limit: int, offset: int) -> TagCounts:
        count, found = await self._tags.page(limit, offset)
        return TagCounts(count=count, results=[TagCount.model_validate(tag) for tag in found])


def tags_of(owner_id: int) -> str:
    """Return what the lists of this owner's tags are called in the cache."""
    return f"tags:{owner_id}"
