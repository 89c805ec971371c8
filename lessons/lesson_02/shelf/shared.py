"""What all routes reach for: the one store of this process."""

from shelf.store import Store

store = Store()
