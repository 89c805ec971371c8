"""Routes about accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from shelf.accounts.repository import AccountRepository
from shelf.accounts.schemas import AccountCreate, AccountResponse
from shelf.dependencies import SessionDep

router = APIRouter(prefix="/api/accounts", tags=["accounts"])


async def get_accounts(session: SessionDep) -> AccountRepository:
    """Return the accounts, as the session of this request sees them."""
    return AccountRepository(session)


AccountsDep = Annotated[AccountRepository, Depends(get_accounts)]


@router.post(
    "/",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_409_CONFLICT: {"description": "Another account has this email or username."}},
)
async def sign_up(new: AccountCreate, accounts: AccountsDep) -> AccountResponse:
    """Open an account. Its password is not kept yet: that is the subject of lesson 09."""
    return AccountResponse.model_validate(await accounts.add(new.model_dump(exclude={"password"})))
