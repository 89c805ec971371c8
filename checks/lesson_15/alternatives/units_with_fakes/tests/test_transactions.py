"""What a session is given up with, and what is kept by then."""

import io
from contextlib import asynccontextmanager

import pytest
from conftest import Sessions, bookmark
from fastapi import UploadFile
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account
from shelf.bookmarks.models import Bookmark
from shelf.bookmarks.repository import BookmarkRepository
from shelf.cache import Cache
from shelf.dependencies import get_session
from shelf.errors import InvalidError
from shelf.transfer.router import import_file


async def how_many(sessions: Sessions) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Bookmark)) or 0


async def test_a_request_that_succeeds_is_committed(sessions: Sessions, cache: Cache) -> None:
    async with asynccontextmanager(get_session)(sessions, cache) as session:
        session.add(bookmark(1, "a"))
    assert await how_many(sessions) == 1


async def test_a_request_that_fails_is_not(sessions: Sessions, cache: Cache) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with asynccontextmanager(get_session)(sessions, cache) as session:
            session.add(bookmark(1, "a"))
            raise ZeroDivisionError
    assert await how_many(sessions) == 0


async def test_a_url_that_is_there_is_changed(session: AsyncSession) -> None:
    bookmarks = BookmarkRepository(session, 1)
    for title in ("old", "new"):
        await bookmarks.save({"url": "https://example.com/", "title": title})
    assert (await session.scalars(select(Bookmark.title))).all() == ["new"]


async def test_a_broken_file_leaves_nothing(sessions: Sessions, cache: Cache) -> None:
    links = b"".join(b'<DT><A HREF="https://example.com/%d">%d</A>\n' % (number, number) for number in range(2000))
    file = UploadFile(io.BytesIO(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n" + links + b"\xff"))
    with pytest.raises(InvalidError):  # noqa: PT012
        async with asynccontextmanager(get_session)(sessions, cache) as session:
            ann = await session.get_one(Account, 1)
            ann.age += 1
            await session.flush()  # SQLite's driver begins a transaction only now
            await import_file(file, session, ann)
    assert await how_many(sessions) == 0
