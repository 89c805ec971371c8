"""Saving what a bookmark file brings by one statement, to which all rows are one value."""

import json
from collections.abc import AsyncIterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.locks import have_account_alone
from shelf.bookmarks.models import now
from shelf.tags.changes import note_change
from shelf.transfer.links import Link
from shelf.transfer.staging import ADD_BOOKMARKS, ADD_TAGS, COLUMNS, STAGE, TAG_BOOKMARKS, rows

FILL = text("INSERT INTO imported SELECT * FROM json_populate_recordset(NULL::imported, CAST(:rows AS json))")


async def copy_links(session: AsyncSession, owner_id: int, chunks: AsyncIterable[Sequence[Link]]) -> tuple[int, int]:
    """Save the links for their owner; how many statements that takes does not depend on how many links they are.

    Return how many bookmarks were created, and how many links found theirs there. A bookmark that is there, from before
    or from a link further up, stays as it is; it only gets the tags of the link.
    """
    imported = [dict(zip(COLUMNS, row, strict=True)) async for row in rows(chunks)]
    await session.execute(STAGE)
    await session.execute(FILL, {"rows": json.dumps(imported, default=str)})
    # Not before: while the rows come in, others may save.
    await have_account_alone(session, owner_id)
    note_change(session, owner_id)
    added: Any = await session.execute(ADD_BOOKMARKS, {"owner_id": owner_id})
    await session.execute(ADD_TAGS, {"owner_id": owner_id, "now": now()})
    await session.execute(TAG_BOOKMARKS, {"owner_id": owner_id})
    return added.rowcount, len(imported) - added.rowcount
