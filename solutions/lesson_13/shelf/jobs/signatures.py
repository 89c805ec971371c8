"""Telling deliveries of QStash from everything else that comes."""

from qstash import Receiver
from qstash.errors import SignatureError

from shelf.errors import NotSignedInError


class Signatures:
    """Knows what QStash has signed, with its keys of today and tomorrow, for the Shelf at `public_url`."""

    def __init__(self, current_key: str, next_key: str, public_url: str) -> None:
        self._receiver = Receiver(current_key, next_key)
        self._public_url = public_url

    def check(self, signature: str, body: bytes, path: str) -> None:
        """Raise NotSignedInError unless QStash has signed these very bytes for this path, and not long ago."""
        try:
            # The URL as it was published. What the request says of its own host, whoever sends it has written.
            self._receiver.verify(signature=signature, body=body.decode(), url=f"{self._public_url}{path}")
        except (SignatureError, KeyError, UnicodeDecodeError) as error:  # KeyError: it has no digest of the body
            raise NotSignedInError("QStash has not signed this") from error
