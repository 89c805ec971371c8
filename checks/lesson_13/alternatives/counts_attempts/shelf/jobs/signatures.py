"""Telling deliveries of QStash from everything else that comes, without the vendor's receiver."""

import base64
import hashlib
import hmac

import jwt

from shelf.errors import NotSignedInError

REQUIRED = ["iss", "sub", "exp", "nbf", "body"]


class Signatures:
    """Knows what QStash has signed, with its keys of today and tomorrow, for the Shelf at `public_url`."""

    def __init__(self, current_key: str, next_key: str, public_url: str) -> None:
        self._keys = (current_key, next_key)
        self._public_url = public_url

    def check(self, signature: str, body: bytes, path: str) -> None:
        """Raise NotSignedInError unless QStash has signed these very bytes for this path, and not long ago."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
        for key in self._keys:
            try:
                said = jwt.decode(signature, key, ["HS256"], issuer="Upstash", options={"require": REQUIRED})
            except jwt.PyJWTError:
                continue
            same = hmac.compare_digest(str(said["body"]).rstrip("="), digest)
            if same and said["sub"] == f"{self._public_url}{path}":
                return
        raise NotSignedInError("QStash has not signed this")
