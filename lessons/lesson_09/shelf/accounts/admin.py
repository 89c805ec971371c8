"""Routes for superusers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from shelf.accounts.dependencies import AccountsDep, get_superuser
from shelf.accounts.schemas import AccountChange, AccountForAdmins, AccountPage
from shelf.bookmarks.schemas import LARGEST
from shelf.paging import Limit, Offset, neighbours

router = APIRouter(prefix="/api/admin/accounts", tags=["admin"], dependencies=[Depends(get_superuser)])


@router.get("/")
async def list_accounts(request: Request, accounts: AccountsDep, limit: Limit = 100, offset: Offset = 0) -> AccountPage:
    """Return a page of accounts, the oldest first."""
    count, found = await accounts.page(limit, offset)
    before, after = neighbours(request, count, limit, offset)
    results = [AccountForAdmins.model_validate(account) for account in found]
    return AccountPage(count=count, next=after, previous=before, results=results)


@router.patch("/{account_id}/")
async def change_account(
    account_id: Annotated[int, Path(ge=1, le=LARGEST)], sent: AccountChange, accounts: AccountsDep
) -> AccountForAdmins:
    """Let an account in, or shut it out; 404 if it is not there."""
    return AccountForAdmins.model_validate(await accounts.change(account_id, sent))
