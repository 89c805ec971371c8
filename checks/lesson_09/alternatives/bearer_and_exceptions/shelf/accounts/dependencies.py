"""Who is asking, for routes: by FastAPI's HTTPBearer, and refused by HTTPExceptions with a challenge of their own."""

from typing import Annotated

from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shelf.accounts.models import Account
from shelf.accounts.service import AccountService
from shelf.accounts.tokens import read_token
from shelf.dependencies import SessionsDep, SettingsDep
from shelf.errors import NotSignedInError

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def get_accounts(sessions: SessionsDep) -> AccountService:
    """Return what can be done with accounts."""
    return AccountService(sessions)


AccountsDep = Annotated[AccountService, Depends(get_accounts)]


async def get_account(credentials: Credentials, settings: SettingsDep, accounts: AccountsDep) -> Account:
    """Return the account that is asking; raise NotSignedInError if no token says so, or it may not ask any more."""
    challenge = {"WWW-Authenticate": 'Bearer realm="shelf"'}
    refused = HTTPException(status.HTTP_401_UNAUTHORIZED, "no valid token came along", challenge)
    if credentials is None:
        raise refused
    try:
        account = await accounts.get(read_token(credentials.credentials, settings))
    except NotSignedInError as error:
        raise refused from error
    if account is None or not account.is_active:
        raise refused
    return account


AccountDep = Annotated[Account, Depends(get_account)]


async def get_superuser(account: AccountDep) -> Account:
    """Return the account that is asking; raise ForbiddenError if it is no superuser."""
    if not account.is_superuser:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "for superusers")
    return account
