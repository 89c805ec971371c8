"""An import that can be watched; the stream itself ends the import, when it is closed, and no dependency does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import APIRouter, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from shelf.accounts.dependencies import AccountDep
from shelf.cache import Cache
from shelf.database import Sessions
from shelf.dependencies import CacheDep, SessionsDep, get_session
from shelf.transfer.copying import copy_links
from shelf.transfer.files import SentFile
from shelf.transfer.links import Link
from shelf.transfer.reader import BookmarkFileError
from shelf.transfer.repository import import_links

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/api/bookmarks", tags=["files"])

transaction = asynccontextmanager(get_session)
"""A session that is committed or rolled back like that of a request, but lasts as long as its block."""


class WatchedImport:
    """Imports a file for its owner, and tells how far it is."""

    def __init__(self, sent: SentFile, owner_id: int, sessions: Sessions, cache: Cache) -> None:
        self._sent = sent
        self._owner_id = owner_id
        self._sessions = sessions
        self._cache = cache
        self._events: asyncio.Queue[ServerSentEvent] = asyncio.Queue()

    async def run(self) -> None:
        """Import all of the file or nothing; the last event says which, once that is certain."""
        try:
            async with transaction(self._sessions, self._cache) as session:
                save = copy_links if session.get_bind().dialect.name == "postgresql" else import_links
                created, updated = await save(session, self._owner_id, self._counted())
        except BookmarkFileError as error:
            self._tell("error", status=HTTPStatus.UNPROCESSABLE_ENTITY, detail=str(error))
        except Exception:
            logger.exception("an import has failed")
            self._tell("error", status=HTTPStatus.INTERNAL_SERVER_ERROR, detail="Shelf has failed")
        else:
            self._tell("done", created=created, updated=updated, skipped=self._sent.skipped)

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """Yield what is told, as it comes, to the last of it."""
        while True:
            event = await self._events.get()
            yield event
            if event.event != "progress":
                return

    async def _counted(self) -> AsyncIterator[Sequence[Link]]:
        read = 0
        async for links in self._sent.chunks():
            yield links
            read += len(links)
            self._tell("progress", read=read)

    def _tell(self, event: str, **data: int | str) -> None:
        self._events.put_nowait(ServerSentEvent(event=event, data=data))


@router.post("/import/progress/", response_class=EventSourceResponse)
async def import_with_progress(
    file: UploadFile, account: AccountDep, sessions: SessionsDep, cache: CacheDep
) -> AsyncIterator[ServerSentEvent]:
    """Import a bookmark file and tell how far it is: `progress`, then `done` or `error`."""
    watched = WatchedImport(SentFile(file), account.id, sessions, cache)
    task = asyncio.create_task(watched.run())
    try:
        async for event in watched.events():
            yield event
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
