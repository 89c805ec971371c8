"""Routes about bookmark files."""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, UploadFile
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel

from shelf.accounts.dependencies import AccountDep
from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.database import Sessions
from shelf.dependencies import SessionDep, SessionsDep
from shelf.errors import InvalidError
from shelf.transfer.copying import copy_links
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
async def import_file(file: UploadFile, session: SessionDep, account: AccountDep) -> ImportResult:
    """Import a bookmark file: all of it or, with a 422 that says where it is broken, nothing."""
    sent = SentFile(file)
    save = copy_links if session.get_bind().dialect.name == "postgresql" else import_links
    try:
        created, updated = await save(session, account.id, sent.chunks())
    except BookmarkFileError as error:
        raise InvalidError(str(error)) from error
    return ImportResult(created=created, updated=updated, skipped=sent.skipped)


@router.get("/export/", response_class=HTMLResponse)
async def export_file(sessions: SessionsDep, account: AccountDep) -> StreamingResponse:
    """Send all bookmarks of whoever is asking, archived ones too, as a file that browsers can import."""
    return StreamingResponse(written(_all(sessions, account.id)), media_type="text/html; charset=utf-8", headers=NAMED)


async def _all(sessions: Sessions, owner_id: int) -> AsyncIterator[Sequence[Bookmark]]:
    last = 0
    while True:
        # A session for each chunk: whoever reads slowly keeps no connection.
        async with sessions() as session:
            chunk = await BookmarkRepository(session, owner_id).following(last, AT_ONCE)
        if not chunk:
            return
        yield chunk
        last = chunk[-1].id
