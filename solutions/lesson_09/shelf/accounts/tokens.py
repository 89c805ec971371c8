"""Tokens: who is asking, in a form that only Shelf can make and everybody can read."""

import re
from datetime import UTC, datetime, timedelta

import jwt

from shelf.config import Settings
from shelf.errors import NotSignedInError

ALGORITHM = "HS256"
SHELF = "shelf"
CLAIMS = ["exp", "iat", "sub", "iss", "aud"]
ACCOUNT_ID = re.compile(r"[1-9][0-9]{0,17}")


def issue_token(account_id: int, settings: Settings) -> str:
    """Return a token that says that its bearer is this account, from now on for `access_minutes`."""
    now = datetime.now(UTC)
    until = now + timedelta(minutes=settings.access_minutes)
    claims = {"sub": str(account_id), "iat": now, "exp": until, "iss": SHELF, "aud": SHELF}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), ALGORITHM)


def read_token(token: str, settings: Settings) -> int:
    """Return the id of the account that a token names; raise NotSignedInError if the token does not count."""
    key = settings.secret_key.get_secret_value()
    try:
        # Nothing that the token says of itself decides how it is read.
        claims = jwt.decode(token, key, [ALGORITHM], options={"require": CLAIMS}, audience=SHELF, issuer=SHELF)
    except jwt.PyJWTError as error:
        raise NotSignedInError("the token does not count") from error
    if not ACCOUNT_ID.fullmatch(claims["sub"]):
        raise NotSignedInError("the token does not count")
    return int(claims["sub"])
