"""Shares by an address that is read from the header by hand; the door asks twice, one limit at a time."""

import hashlib
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordRequestForm

from shelf.accounts.dependencies import CallerDep
from shelf.accounts.models import Account
from shelf.dependencies import LimitsDep, SettingsDep
from shelf.limits import Share

SignInForm = Annotated[OAuth2PasswordRequestForm, Depends()]
Address = IPv4Address | IPv6Address


async def get_address(request: Request, settings: SettingsDep) -> str:
    """Return what stands for the address of whoever is asking."""
    hops = ", ".join(request.headers.getlist("X-Forwarded-For")).split(",")
    found = _address(request.client.host if request.client else "")
    while found and hops and any(found in network for network in settings.trusted_proxies):
        found = _address(hops.pop().strip())
    if isinstance(found, IPv6Address):
        return "v6:" + found.exploded[:19]
    return f"v4:{found}"


AddressDep = Annotated[str, Depends(get_address)]


async def limit_requests(request: Request, caller: CallerDep, address: AddressDep, limits: LimitsDep) -> None:
    """Count a request, for the account or, where there is none, for the address."""
    spend(request, await limits.count((limits.requests, f"{caller.id}" if isinstance(caller, Account) else address)))


async def limit_sign_ins(request: Request, form: SignInForm, address: AddressDep, limits: LimitsDep) -> None:
    """Count an attempt to log in, for the address, and if that may still try, for the name."""
    share = await limits.count((limits.log_ins, address))
    spend(request, share)
    if share is not None:  # otherwise Redis has kept the caller waiting once already
        name = hashlib.blake2b(form.username.lower().encode("utf-8", "replace")).hexdigest()
        by_name = await limits.count((limits.log_ins_of_name, name))
        if by_name is not None and not by_name.allowed:
            spend(request, by_name)


def spend(request: Request, share: Share | None) -> None:
    """Refuse what is one too many."""
    request.state.share = share
    if share is not None and not share.allowed:
        raise HTTPException(429, f"again in {share.seconds} seconds")


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
