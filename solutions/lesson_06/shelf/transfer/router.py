"""Routes about bookmark files."""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, HTTPException, UploadFile, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.database import Sessions
from shelf.dependencies import SessionDep, SessionsDep
from shelf.transfer.files import AT_ONCE, SentFile, written
from shelf.transfer.reader import BookmarkFileError
from shelf.transfer.repository import import_links

NAMED = {"Content-Disposition": 'attachment; filename="bookmarks.html"'}

router = APIRouter(prefix="/api/bookmarks", tags=["files"])


class ImportResult(BaseModel):
    """What became of the links of a file."""

    created: int
    updated: int
    skipped: int


@router.post("/import/")
async def import_file(file: UploadFile, session: SessionDep) -> ImportResult:
    """Import a bookmark file: all of it or, with a 422 that says where it is broken, nothing."""
    sent = SentFile(file)
    try:
        created, updated = await import_links(session, sent.chunks())
    except BookmarkFileError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail=str(error)) from error
    return ImportResult(created=created, updated=updated, skipped=sent.skipped)


@router.get("/export/")
async def export_file(sessions: SessionsDep) -> StreamingResponse:
    """Send all bookmarks, archived ones too, as a file that browsers can import."""
    return StreamingResponse(written(_all(sessions)), media_type="text/html; charset=utf-8", headers=NAMED)


async def _all(sessions: Sessions) -> AsyncIterator[Sequence[Bookmark]]:
    last = 0
    while True:
        # A session for each chunk: whoever reads slowly keeps no connection.
        async with sessions() as session:
            chunk = await BookmarkRepository(session).following(last, AT_ONCE)
        if not chunk:
            return
        yield chunk
        last = chunk[-1].id
