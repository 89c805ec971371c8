"""Saving what a bookmark file brings by COPY, PostgreSQL's way for many rows."""

from collections.abc import AsyncIterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.locks import have_account_alone
from shelf.bookmarks.models import now
from shelf.tags.changes import note_change
from shelf.transfer.links import Link
from shelf.transfer.staging import ADD_BOOKMARKS, ADD_TAGS, ANALYZE, COLUMNS, STAGE, TAG_BOOKMARKS, rows


async def copy_links(session: AsyncSession, owner_id: int, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links for their owner; how many statements that takes does not depend on how many links they are.

    Return how many bookmarks were created, and how many links found theirs there. A bookmark that is there, from before
    or from a link further up, stays as it is; it only gets the tags of the link.
    """
    # Over the session's own connection, so that its commit or rollback decides about these rows, too. Its transaction
    # begins with this statement: a COPY before any other would be committed at once.
    await session.execute(STAGE)
    raw: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    copied = await raw.copy_records_to_table("imported", records=rows(chunks), columns=COLUMNS)
    count = int(copied.removeprefix("COPY "))
    await session.execute(ANALYZE)
    # Not before: while the rows come in, others may save.
    await have_account_alone(session, owner_id)
    note_change(session, owner_id)
    added: Any = await session.execute(ADD_BOOKMARKS, {"owner_id": owner_id})
    await session.execute(ADD_TAGS, {"owner_id": owner_id, "now": now()})
    await session.execute(TAG_BOOKMARKS, {"owner_id": owner_id})
    return added.rowcount, count - added.rowcount
