"""Whose share a request takes from."""

import hashlib
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from shelf.accounts.dependencies import CallerDep
from shelf.dependencies import LimitsDep
from shelf.errors import NotSignedInError, TooManyError
from shelf.limits import Share

SignInForm = Annotated[OAuth2PasswordRequestForm, Depends()]


async def limit_requests(request: Request, caller: CallerDep, limits: LimitsDep) -> None:
    """Count a request: for the account that asks, however it does; where there is none, for the address.

    Raises TooManyError if it is one too many.
    """
    who = address_of(request) if isinstance(caller, NotSignedInError) else f"account:{caller.id}"
    spend(request, await limits.count((limits.requests, who)))


async def limit_sign_ins(request: Request, form: SignInForm, limits: LimitsDep) -> None:
    """Count an attempt to log in, for the address and for the name; raise TooManyError if it is one too many."""
    # The address first: what is refused there takes nothing from the name, so one address alone can shut out nobody.
    by_address = (limits.log_ins, address_of(request))
    by_name = (limits.log_ins_of_name, name_of(form.username))
    spend(request, await limits.count(by_address, by_name))


def spend(request: Request, share: Share | None) -> None:
    """Let the answer tell what is left; raise TooManyError if that is less than nothing."""
    request.state.share = share
    if share is not None and not share.allowed:
        raise TooManyError(f"too many requests: try again in {share.seconds} seconds")


def address_of(request: Request) -> str:
    """Return what stands for the address of the caller: the address, of IPv6 the network that one customer has."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return "address:unknown"
    if not isinstance(address, IPv6Address):
        return f"address:{address}"
    return f"address:{address.ipv4_mapped or ip_network((address, 64), strict=False)}"


def name_of(username: str) -> str:
    """Return what stands for a username, in whatever case."""
    # People type passwords into the wrong field, and a name can be as long as a form.
    return f"name:{hashlib.sha256(username.lower().encode('utf-8', 'surrogatepass')).hexdigest()}"
