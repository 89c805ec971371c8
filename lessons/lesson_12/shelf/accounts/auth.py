"""Routes for signing in."""

from typing import Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from shelf.accounts.dependencies import AccountsDep
from shelf.accounts.shares import SignInForm, limit_sign_ins
from shelf.accounts.tokens import issue_token
from shelf.dependencies import SettingsDep

router = APIRouter(prefix="/api/auth", tags=["auth"])


class Token(BaseModel):
    """A token, and how many seconds it counts."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - no secret, but the name of a scheme
    expires_in: int


@router.post(
    "/token",
    dependencies=[Depends(limit_sign_ins)],
    responses={401: {"description": "The username or the password is wrong."}},
)
async def sign_in(form: SignInForm, accounts: AccountsDep, settings: SettingsDep, response: Response) -> Token:
    """Give a token for a username and a password."""
    account = await accounts.sign_in(form.username, form.password)
    response.headers["Cache-Control"] = "no-store"
    return Token(access_token=issue_token(account.id, settings), expires_in=settings.access_minutes * 60)
