"""The route that QStash calls; each delivery says how often it was tried."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, status

from shelf.errors import PagesError
from shelf.jobs.dependencies import SnapshotsDep, require_signature
from shelf.jobs.publisher import RETRIES
from shelf.jobs.schemas import JobMessage

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[Depends(require_signature)])


@router.post("/snapshot", status_code=status.HTTP_204_NO_CONTENT)
async def snapshot(message: JobMessage, snapshots: SnapshotsDep, upstash_retried: Annotated[int, Header()] = 0) -> None:
    """Read the page of a bookmark, and keep what the bookmark lacks; at the last attempt give up."""
    try:
        await snapshots.take(message.job_id)
    except PagesError:
        if upstash_retried >= RETRIES:
            await snapshots.give_up(message.job_id)
        raise
