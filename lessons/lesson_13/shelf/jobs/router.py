"""Routes that QStash calls."""

from fastapi import APIRouter, Depends, status

from shelf.jobs.dependencies import SnapshotsDep, require_signature
from shelf.jobs.schemas import FailedMessage, JobMessage

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[Depends(require_signature)])


@router.post(
    "/snapshot",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={status.HTTP_502_BAD_GATEWAY: {"description": "The page cannot be read. QStash tries again."}},
)
async def snapshot(message: JobMessage, snapshots: SnapshotsDep) -> None:
    """Read the page of a bookmark, and keep what the bookmark lacks; do nothing if that is done."""
    await snapshots.take(message.job_id)


@router.post("/failed", status_code=status.HTTP_204_NO_CONTENT)
async def failed(message: FailedMessage, snapshots: SnapshotsDep) -> None:
    """Take note that QStash has given a job up."""
    await snapshots.give_up(JobMessage.model_validate_json(message.body).job_id)
