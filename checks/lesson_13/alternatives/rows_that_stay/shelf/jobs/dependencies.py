"""What routes about jobs ask for, and what those ask for that order some."""

from typing import Annotated

from fastapi import Depends, Request

from shelf.dependencies import PageReaderDep, ResourcesDep, SessionDep, SessionsDep
from shelf.errors import NotSignedInError
from shelf.jobs.outbox import Outbox
from shelf.jobs.service import Snapshots


async def require_signature(request: Request, resources: ResourcesDep) -> None:
    """Raise NotSignedInError unless QStash has signed this request."""
    if resources.jobs is None:
        raise NotSignedInError("this Shelf has no jobs")
    signature = request.headers.get("Upstash-Signature", "")
    # The bytes as they came: the same JSON, written anew, has another digest.
    resources.jobs.signatures.check(signature, await request.body(), request.scope["route"].path)


async def get_snapshots(sessions: SessionsDep, reader: PageReaderDep) -> Snapshots:
    """Return what takes snapshots of pages."""
    return Snapshots(sessions, reader)


SnapshotsDep = Annotated[Snapshots, Depends(get_snapshots)]


async def get_outbox(session: SessionDep, resources: ResourcesDep) -> Outbox | None:
    """Return the outbox as the session of this request sees it; None where Shelf runs without jobs."""
    return Outbox(session, resources.jobs.wanted) if resources.jobs else None


OutboxDep = Annotated[Outbox | None, Depends(get_outbox)]
