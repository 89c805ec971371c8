"""The service: its app and its routes."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shelf.sums import double


async def health(request: Request) -> JSONResponse:
    """Say that the service is up."""
    return JSONResponse({"status": "healthy"})


async def doubled(request: Request) -> JSONResponse:
    """Answer with twice the number in the query."""
    return JSONResponse(await double(int(request.query_params["number"])))


app = Starlette(routes=[Route("/health", health), Route("/openapi.json", health), Route("/double", doubled)])
