"""The profile that clients of the API ask for."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from shelf.accounts.dependencies import get_account

router = APIRouter(prefix="/api/user", tags=["profile"], dependencies=[Depends(get_account)])


class SearchPreferences(BaseModel):
    """How a search begins."""

    sort: str = "added_desc"
    shared: str = "off"
    unread: str = "off"


class Profile(BaseModel):
    """How somebody likes it. Shelf has no such choices yet; clients want to know the version."""

    theme: str = "auto"
    bookmark_date_display: str = "relative"
    bookmark_link_target: str = "_blank"
    web_archive_integration: str = "disabled"
    tag_search: str = "strict"
    enable_sharing: bool = False
    enable_public_sharing: bool = False
    enable_favicons: bool = False
    display_url: bool = False
    permanent_notes: bool = False
    search_preferences: SearchPreferences = SearchPreferences()
    version: str


@router.get("/profile/")
async def profile() -> Profile:
    """Return the profile of the account that is asking."""
    return Profile(version="1.46.0")
