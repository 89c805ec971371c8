"""Repositories know one owner; whoever asks has to be let in."""

from typing import Any

import pytest
from conftest import account, bookmark
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shelf.accounts.dependencies import get_account, get_caller
from shelf.accounts.tokens import issue_token
from shelf.bookmarks.repository import BookmarkRepository
from shelf.bookmarks.service import BookmarkService
from shelf.config import Settings
from shelf.errors import NotFoundError, NotSignedInError
from shelf.tags.models import Tag
from shelf.tags.repository import TagRepository

ANN, BEN = 1, 2


@pytest.fixture
async def of_ann(session: AsyncSession) -> None:
    session.add(bookmark(ANN, "a"))
    session.add(Tag(owner_id=ANN, name="secret", name_key="secret"))
    await session.flush()


@pytest.mark.usefixtures("of_ann")
async def test_bookmarks_know_one_owner(session: AsyncSession) -> None:
    for owner, number in ((ANN, 1), (BEN, 0)):
        bookmarks = BookmarkRepository(session, owner)
        assert bool(await bookmarks.get(1)) is bool(number)
        assert len(await bookmarks.following(0, 10)) == number


@pytest.mark.usefixtures("of_ann")
async def test_tags_know_one_owner(session: AsyncSession) -> None:
    assert await TagRepository(session, ANN).get(1)
    assert await TagRepository(session, BEN).get(1) is None


class FakeRepository:
    """Holds nothing."""

    async def get(self, bookmark_id: int) -> None:
        """Find nothing."""


async def test_what_is_not_there_is_an_error() -> None:
    fake: Any = FakeRepository()
    with pytest.raises(NotFoundError):
        await BookmarkService(fake, None).get(1)


class FakeAccounts:
    """Has one account."""

    def __init__(self, is_active: bool) -> None:
        self.found = account("cleo", is_active=is_active)

    async def get(self, account_id: int) -> object:
        """Return the account."""
        return self.found


@pytest.mark.parametrize("is_active", [True, False])
async def test_only_active_accounts_may_ask(is_active: bool) -> None:
    settings = Settings(secret_key="x" * 32, _env_file=None)
    token = issue_token(1, settings)
    request = Request({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]})
    accounts: Any = FakeAccounts(is_active)
    keys: Any = None
    caller = await get_caller(request, token, settings, accounts, keys)
    if is_active:
        assert await get_account(caller) is accounts.found
    else:
        with pytest.raises(NotSignedInError):
            await get_account(caller)
