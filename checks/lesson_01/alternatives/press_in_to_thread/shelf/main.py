"""The service: its app and its routes. Here the press gets a thread by `asyncio.to_thread`."""

import asyncio

from fastapi import FastAPI, HTTPException, status
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from shelf.pages import read_page
from shelf.parsing import Page
from shelf.press import PressError, print_page

app = FastAPI(title="Shelf")


class Health(BaseModel):
    """Whether the service is well, and which version of the API it speaks."""

    version: str = "1.46.0"
    status: str = "healthy"


class Check(BaseModel):
    """What is known about a URL before it is saved."""

    bookmark: None = None
    metadata: Page
    auto_tags: list[str] = []


@app.get("/health")
async def health() -> Health:
    """Say that the service is up."""
    return Health()


@app.get("/api/bookmarks/check/")
async def check(url: str) -> Check:
    """Say what the page at `url` tells about itself."""
    return Check(metadata=await read_page(url))


@app.get(
    "/api/bookmarks/snapshot/",
    response_class=PlainTextResponse,
    responses={status.HTTP_502_BAD_GATEWAY: {"description": "The page cannot be printed."}},
)
async def snapshot(url: str) -> str:
    """Return a printable copy of the page at `url`; 502 if the press cannot print it."""
    try:
        return await asyncio.to_thread(print_page, url)
    except PressError as error:
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, detail=str(error)) from error
