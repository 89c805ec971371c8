"""Filling in url_normalized: 0003 does it for the rows that are there, 0004 for what the previous version writes later.

It knows three columns and no model. The models go on changing; a migration, once it has run anywhere, does not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from shelf.bookmarks.urls import normalize_url

BATCH = 500

bookmarks = sa.table("bookmarks", sa.column("id"), sa.column("url"), sa.column("url_normalized"))


def fill_in(connection: sa.Connection) -> int:
    """Fill in at most BATCH of the bookmarks that have no url_normalized, the oldest first; return how many it were."""
    # TODO: no row gets its value. `values_for` says which.
    return 0


def values_for(connection: sa.Connection, urls: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Yield `row` and `value` for each of these bookmarks, given as URLs by id, the oldest first.

    The first bookmark of a URL gets its normalized form. Each later one gets that with its own id and a blank in front,
    which no URL looks like.
    """
    column = bookmarks.c.url_normalized
    forms = {normalize_url(url) for url in urls.values()}
    taken = set(connection.scalars(sa.select(column).where(column.in_(forms))))
    for number, url in urls.items():
        form = normalize_url(url)
        yield {"row": number, "value": _later(number, url) if form in taken else form}
        taken.add(form)


def forget_outdated(connection: sa.Connection) -> None:
    """Empty url_normalized where it no longer fits: the previous version changes URLs, and knows nothing of it."""
    columns, last = bookmarks.c, 0
    query = sa.select(columns.id, columns.url, columns.url_normalized).order_by(columns.id).limit(BATCH)
    while rows := connection.execute(query.where(columns.id > last)).all():
        outdated = [number for number, url, value in rows if value not in (normalize_url(url), _later(number, url))]
        connection.execute(sa.update(bookmarks).where(columns.id.in_(outdated)).values(url_normalized=None))
        last = rows[-1].id


def _later(number: int, url: str) -> str:
    return f"{number} {normalize_url(url)}"
