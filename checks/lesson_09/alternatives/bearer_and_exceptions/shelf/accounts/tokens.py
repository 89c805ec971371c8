"""Tokens, with more claims than are asked for, and a reader that is set up once for each look."""

import time

import jwt

from shelf.config import Settings
from shelf.errors import NotSignedInError


def issue_token(account_id: int, settings: Settings) -> str:
    """Return a token that says that its bearer is this account, from now on for `access_minutes`."""
    now = int(time.time())
    claims = {
        "iss": "shelf",
        "aud": "shelf",
        "sub": f"{account_id}",
        "iat": now,
        "nbf": now,
        "jti": f"{time.time_ns()}",
    }
    claims["exp"] = now + settings.access_minutes * 60
    return jwt.encode(claims, settings.secret_key.get_secret_value(), "HS256")


def read_token(token: str, settings: Settings) -> int:
    """Return the id of the account that a token names; raise NotSignedInError if the token does not count."""
    reader = jwt.PyJWT({"require": ["exp", "iat", "sub", "aud", "iss"], "enforce_minimum_key_length": True})
    try:
        claims = reader.decode(
            token, settings.secret_key.get_secret_value(), algorithms=["HS256"], audience="shelf", issuer=["shelf"]
        )
        account_id = int(claims["sub"])
    except (jwt.PyJWTError, ValueError) as error:
        raise NotSignedInError("this token does not count") from error
    if not 0 < account_id < 2**63:
        raise NotSignedInError("this token does not count")
    return account_id
