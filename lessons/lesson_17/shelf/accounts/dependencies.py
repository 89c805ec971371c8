"""Who is asking, for routes."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from shelf.accounts.models import Account
from shelf.accounts.service import AccountService
from shelf.accounts.tokens import read_token
from shelf.config import Settings
from shelf.dependencies import ResourcesDep, SessionsDep
from shelf.errors import ForbiddenError, NotSignedInError
from shelf.keys.service import MARK, KeyService

SCHEMES = ("token", "bearer")

# auto_error would answer with an error of FastAPI's own.
bearer = OAuth2PasswordBearer("/api/auth/token", auto_error=False)

TokenDep = Annotated[str | None, Depends(bearer)]


async def get_accounts(sessions: SessionsDep) -> AccountService:
    """Return what can be done with accounts."""
    return AccountService(sessions)


AccountsDep = Annotated[AccountService, Depends(get_accounts)]


async def get_caller(request: Request, token: TokenDep, resources: ResourcesDep) -> Account | NotSignedInError:
    """Return the account that asks, with a token or with a key; where there is none, the error that says why.

    FastAPI asks once a request, whoever needs to know. But it goes through all that this depends on for each of them,
    so it depends on little.
    """
    key, sessions = _key_in(request), resources.sessions
    try:
        if key is None:
            return await _by_token(token, resources.settings, AccountService(sessions))
        return await _by_key(key, KeyService(sessions))
    except NotSignedInError as error:
        return error


CallerDep = Annotated[Account | NotSignedInError, Depends(get_caller)]


async def get_account(caller: CallerDep) -> Account:
    """Return the account that asks, with a token or with a key; raise NotSignedInError where there is none."""
    if isinstance(caller, NotSignedInError):
        raise caller
    return caller


AccountDep = Annotated[Account, Depends(get_account)]


async def get_signed_in(request: Request, account: AccountDep) -> Account:
    """Return the account that asks with a token; raise NotSignedInError if none does, or it may not ask any more."""
    if _key_in(request) is not None:
        raise NotSignedInError("a key is not enough for this: ask with a token")
    return account


SignedInDep = Annotated[Account, Depends(get_signed_in)]


async def get_superuser(account: AccountDep) -> Account:
    """Return the account that is asking; raise ForbiddenError if it is no superuser."""
    if not account.is_superuser:
        raise ForbiddenError("only superusers may do this")
    return account


def _key_in(request: Request) -> str | None:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    return shown if scheme.lower() in SCHEMES and shown.startswith(MARK) else None


async def _by_token(token: str | None, settings: Settings, accounts: AccountService) -> Account:
    if token is None:
        raise NotSignedInError("sign in first")
    account = await accounts.get(read_token(token, settings))
    if account is None or not account.is_active:
        raise NotSignedInError("the token does not count")
    return account


async def _by_key(key: str, keys: KeyService) -> Account:
    account = await keys.account_of(key)
    if account is None:
        raise NotSignedInError("the key does not count")
    return account
