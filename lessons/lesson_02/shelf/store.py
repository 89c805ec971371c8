"""Where bookmarks and accounts are kept until lesson 05: in memory, gone when the process ends."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shelf.schemas import AccountInDB, BookmarkInDB


class TakenError(Exception):
    """Something that only one may have belongs to another already; the message says what."""


class Store:
    """Keeps bookmarks and accounts. Trusts its callers: the values that they pass win over its own."""

    def __init__(self) -> None:
        self._bookmarks: dict[int, BookmarkInDB] = {}
        self._accounts: dict[int, AccountInDB] = {}
        self._bookmark_ids = itertools.count(1)
        self._account_ids = itertools.count(1)

    def bookmark(self, bookmark_id: int) -> BookmarkInDB | None:
        """Return the bookmark with this id, if there is one."""
        return self._bookmarks.get(bookmark_id)

    def bookmark_of(self, url: str) -> BookmarkInDB | None:
        """Return the bookmark of `url`, if there is one."""
        return next((bookmark for bookmark in self._bookmarks.values() if bookmark.url == url), None)

    def bookmarks(self) -> list[BookmarkInDB]:
        """Return all bookmarks, the newest first."""
        return list(reversed(self._bookmarks.values()))

    def save_bookmark(self, values: Mapping[str, Any]) -> BookmarkInDB:
        """Add a bookmark; if its URL has one already, change that one."""
        known = self.bookmark_of(values["url"])
        if known:
            return self.change_bookmark(known.id, values)
        bookmark_id, now = next(self._bookmark_ids), datetime.now(UTC)
        owned = {"id": bookmark_id, "date_added": now, "date_modified": now}
        self._bookmarks[bookmark_id] = BookmarkInDB.model_validate({**owned, **values})
        return self._bookmarks[bookmark_id]

    def change_bookmark(self, bookmark_id: int, values: Mapping[str, Any]) -> BookmarkInDB:
        """Change `values` of a bookmark that is there; raise TakenError if another one has the new URL."""
        bookmark = self._bookmarks[bookmark_id]
        other = self.bookmark_of(values["url"]) if "url" in values else None
        if other and other is not bookmark:
            raise TakenError("another bookmark has this URL")
        update = {"date_modified": datetime.now(UTC), **values}
        self._bookmarks[bookmark_id] = bookmark.model_copy(update=update)
        return self._bookmarks[bookmark_id]

    def remove_bookmark(self, bookmark_id: int) -> None:
        """Forget a bookmark that is there."""
        del self._bookmarks[bookmark_id]

    def add_account(self, values: Mapping[str, Any]) -> AccountInDB:
        """Add an account; raise TakenError if its email or username, in whatever case, belongs to another."""
        for name in ("email", "username"):
            if any(getattr(one, name).lower() == values[name].lower() for one in self._accounts.values()):
                raise TakenError(f"another account has this {name}")
        account_id = next(self._account_ids)
        owned = {"id": account_id, "date_joined": datetime.now(UTC)}
        self._accounts[account_id] = AccountInDB.model_validate({**owned, **values})
        return self._accounts[account_id]
