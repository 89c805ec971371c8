"""Pages of a list: their limits, and the URLs of their neighbours."""

from typing import Annotated

from fastapi import Query, Request

from shelf.bookmarks.schemas import LARGEST

Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=LARGEST)]


def neighbours(request: Request, count: int, limit: int, offset: int) -> tuple[str | None, str | None]:
    """Return the URLs of the page before this one and of the page after it, None where there is none."""
    before, after = max(offset - limit, 0), offset + limit
    return (
        _at(request, limit, before) if offset > 0 else None,
        _at(request, limit, after) if after < count else None,
    )


def _at(request: Request, limit: int, offset: int) -> str:
    return str(request.url.include_query_params(limit=limit, offset=offset))
