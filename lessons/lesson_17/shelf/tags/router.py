"""Routes about tags."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, status

from shelf.accounts.dependencies import AccountDep
from shelf.bookmarks.schemas import LARGEST
from shelf.dependencies import CacheDep, SessionDep
from shelf.errors import NotFoundError
from shelf.paging import Limit, Offset, neighbours
from shelf.tags.lists import TagLists
from shelf.tags.repository import TagRepository
from shelf.tags.schemas import TagCreate, TagPage, TagResponse

router = APIRouter(prefix="/api/tags", tags=["tags"])


async def get_tags(session: SessionDep, account: AccountDep) -> TagRepository:
    """Return the tags of whoever is asking, as the session of this request sees them."""
    return TagRepository(session, account.id)


TagsDep = Annotated[TagRepository, Depends(get_tags)]


async def get_tag_lists(tags: TagsDep, cache: CacheDep) -> TagLists:
    """Return the lists of these tags, which are kept for a while."""
    return TagLists(tags, cache)


TagListsDep = Annotated[TagLists, Depends(get_tag_lists)]


# TODO: the browser extension asks for 5,000 tags at once, and is refused.
@router.get("/")
async def list_tags(request: Request, lists: TagListsDep, limit: Limit = 100, offset: Offset = 0) -> TagPage:
    """Return a page of tags, in the order of their names, each with the number of its bookmarks."""
    found = await lists.page(limit, offset)
    # The URLs are not kept: they are those under which this caller has come.
    before, after = neighbours(request, found.count, limit, offset)
    return TagPage(count=found.count, next=after, previous=before, results=found.results)


@router.post("/", status_code=status.HTTP_201_CREATED)
async def create_tag(new: TagCreate, tags: TagsDep) -> TagResponse:
    """Add a tag; if there is one of this name, in whatever case, return that one."""
    found = await tags.named([new.name])
    return TagResponse.model_validate(found[new.name.casefold()])


@router.get("/{tag_id}/")
async def get_tag(tag_id: Annotated[int, Path(ge=1, le=LARGEST)], tags: TagsDep) -> TagResponse:
    """Return one tag; 404 if it is not there."""
    tag = await tags.get(tag_id)
    if tag is None:
        raise NotFoundError("no such tag")
    return TagResponse.model_validate(tag)
