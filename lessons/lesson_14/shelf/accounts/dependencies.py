"""Who is asking, for routes."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from shelf.accounts.models import Account
from shelf.accounts.repository import AccountRepository
from shelf.accounts.service import AccountService
from shelf.accounts.tokens import read_token
from shelf.dependencies import SessionDep, SessionsDep, SettingsDep
from shelf.errors import ForbiddenError, NotSignedInError
from shelf.keys.dependencies import KeysDep
from shelf.keys.service import MARK

SCHEMES = ("token", "bearer")

# auto_error would answer with an error of FastAPI's own.
bearer = OAuth2PasswordBearer("/api/auth/token", auto_error=False)

TokenDep = Annotated[str | None, Depends(bearer)]


async def get_accounts(sessions: SessionsDep) -> AccountService:
    """Return what can be done with accounts."""
    return AccountService(sessions)


AccountsDep = Annotated[AccountService, Depends(get_accounts)]


async def get_signed_in(token: TokenDep, settings: SettingsDep, session: SessionDep) -> Account:
    """Return the account that asks with a token; raise NotSignedInError if none does, or it may not ask any more."""
    if token is None:
        raise NotSignedInError("sign in first")
    # TODO: to spare a second session, this takes that of the request, which ends with the route.
    account = await AccountRepository(session).get(read_token(token, settings))
    if account is None or not account.is_active:
        raise NotSignedInError("the token does not count")
    return account


SignedInDep = Annotated[Account, Depends(get_signed_in)]


async def get_account(
    request: Request, token: TokenDep, settings: SettingsDep, session: SessionDep, keys: KeysDep
) -> Account:
    """Return the account that asks, with a token or with a key; raise NotSignedInError where there is none."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in SCHEMES or not shown.startswith(MARK):
        return await get_signed_in(token, settings, session)
    account = await keys.account_of(shown)
    if account is None:
        raise NotSignedInError("the key does not count")
    return account


AccountDep = Annotated[Account, Depends(get_account)]


async def get_superuser(account: AccountDep) -> Account:
    """Return the account that is asking; raise ForbiddenError if it is no superuser."""
    if not account.is_superuser:
        raise ForbiddenError("only superusers may do this")
    return account
