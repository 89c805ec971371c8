"""Whose share a request takes from."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from shelf.accounts.dependencies import CallerDep
from shelf.dependencies import LimitsDep
from shelf.errors import TooManyError
from shelf.limits import Share

SignInForm = Annotated[OAuth2PasswordRequestForm, Depends()]


async def limit_requests(request: Request, caller: CallerDep, limits: LimitsDep) -> None:
    """Count a request: for the account that asks, however it does; where there is none, for the address.

    Raises TooManyError if it is one too many.
    """
    # TODO: all users behind one address take from one share.
    spend(request, await limits.count((limits.requests, address_of(request))))


async def limit_sign_ins(request: Request, form: SignInForm, limits: LimitsDep) -> None:
    """Count an attempt to log in, for the address and for the name; raise TooManyError if it is one too many."""
    # TODO: who knows a name can shut its owner out. And who knows many names can try them all.
    spend(request, await limits.count((limits.log_ins, name_of(form.username))))


def spend(request: Request, share: Share | None) -> None:
    """Let the answer tell what is left; raise TooManyError if that is less than nothing."""
    request.state.share = share
    if share is not None and not share.allowed:
        raise TooManyError(f"too many requests: try again in {share.seconds} seconds")


def address_of(request: Request) -> str:
    """Return what stands for the address of the caller: the address, of IPv6 the network that one customer has."""
    # TODO: one customer of IPv6 has more addresses than anybody can count.
    return f"address:{request.client.host if request.client else 'unknown'}"


def name_of(username: str) -> str:
    """Return what stands for a username, in whatever case."""
    # TODO: a username is the same in whatever case. And people type passwords into the wrong field.
    return f"name:{username}"
