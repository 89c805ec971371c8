"""Routes about a URL, whether it has a bookmark or not."""

from fastapi import APIRouter, Depends, status
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from shelf.accounts.dependencies import get_account
from shelf.bookmarks.dependencies import BookmarksDep
from shelf.bookmarks.schemas import BookmarkResponse
from shelf.dependencies import FenceDep, PageReaderDep
from shelf.errors import PagesError
from shelf.parsing import Page
from shelf.press import PressError, print_page

router = APIRouter(prefix="/api/bookmarks", tags=["links"], dependencies=[Depends(get_account)])


class Check(BaseModel):
    """What is known about a URL: its bookmark, if there is one, and what its page says."""

    bookmark: BookmarkResponse | None
    metadata: Page
    auto_tags: list[str] = []


@router.get("/check/")
async def check(url: str, reader: PageReaderDep, bookmarks: BookmarksDep) -> Check:
    """Say what is known about `url`."""
    metadata = await reader.read(url)
    bookmark = await bookmarks.of_url(url)  # a session takes a connection only now, after the page
    return Check(bookmark=BookmarkResponse.model_validate(bookmark) if bookmark else None, metadata=metadata)


@router.get(
    "/snapshot/",
    response_class=PlainTextResponse,
    responses={status.HTTP_502_BAD_GATEWAY: {"description": "The page cannot be printed."}},
)
def snapshot(url: str, fence: FenceDep) -> str:
    """Return a printable copy of the page at `url`; 502 if the press cannot print it."""
    # A plain `def` on purpose: FastAPI has threads for these, apart from the few that name look-ups need.
    try:
        return print_page(url, fence.connect)
    except PressError as error:
        raise PagesError(str(error)) from error
