"""Routes about accounts."""

from fastapi import APIRouter, status

from shelf.accounts.dependencies import AccountDep, AccountsDep
from shelf.accounts.schemas import AccountCreate, AccountResponse

router = APIRouter(prefix="/api/accounts", tags=["accounts"])


@router.post(
    "/",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_409_CONFLICT: {"description": "Another account has this email or username."}},
)
async def sign_up(new: AccountCreate, accounts: AccountsDep) -> AccountResponse:
    """Open an account."""
    return AccountResponse.model_validate(await accounts.sign_up(new))


@router.get("/me/")
async def me(account: AccountDep) -> AccountResponse:
    """Return the account that is asking."""
    return AccountResponse.model_validate(account)
