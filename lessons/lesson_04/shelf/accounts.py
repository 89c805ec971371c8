"""Routes about accounts."""

from fastapi import APIRouter, HTTPException, status

from shelf.dependencies import StoreDep
from shelf.schemas import AccountCreate, AccountResponse
from shelf.store import TakenError

router = APIRouter(prefix="/api/accounts", tags=["accounts"])


@router.post(
    "/",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_409_CONFLICT: {"description": "Another account has this email or username."}},
)
async def sign_up(new: AccountCreate, store: StoreDep) -> AccountResponse:
    """Open an account. It is not kept safely yet: that is the subject of lesson 09."""
    try:
        account = store.add_account(new.model_dump())
    except TakenError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, detail=str(error)) from error
    return AccountResponse.model_validate(account)
