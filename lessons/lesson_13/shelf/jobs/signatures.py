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
        # TODO: some that QStash has not sent here get past this, and some are answered 500.
        try:
            self._receiver.verify(signature=signature, body=body.decode())
        except SignatureError as error:
            raise NotSignedInError("QStash has not signed this") from error
