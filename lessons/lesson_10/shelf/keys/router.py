"""Routes about keys. They want a token: a key that is found must not make others."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, status

from shelf.accounts.dependencies import SignedInDep
from shelf.bookmarks.schemas import LARGEST
from shelf.keys.dependencies import KeysDep
from shelf.keys.schemas import KeyCreate, KeyCreated, KeyResponse

router = APIRouter(prefix="/api/tokens", tags=["keys"])


@router.get("/")
async def list_keys(account: SignedInDep, keys: KeysDep) -> list[KeyResponse]:
    """Return the caller's keys, the oldest first."""
    return [KeyResponse.model_validate(key) for key in await keys.of_owner(account.id)]


@router.post("/", status_code=status.HTTP_201_CREATED)
async def make_key(new: KeyCreate, account: SignedInDep, keys: KeysDep, response: Response) -> KeyCreated:
    """Make a key. Nobody can ask for it again."""
    kept, key = await keys.make(account.id, new.name)
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated(**KeyResponse.model_validate(kept).model_dump(), key=key)


@router.delete("/{key_id}/", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_key(key_id: Annotated[int, Path(ge=1, le=LARGEST)], account: SignedInDep, keys: KeysDep) -> None:
    """Revoke a key; 404 if the caller has no such key."""
    await keys.revoke(account.id, key_id)
