"""The layers around the routes: what every request passes on its way in, and every answer on its way out."""

import logging
import time
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.types import ASGIApp, Receive, Scope, Send

from shelf import logs
from shelf.config import Settings

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ID_HEADER = "X-Request-ID"

logger = logging.getLogger(__name__)


# TODO: whatever a caller sends goes into the log, and one request overwrites the id of another.
class RequestId(BaseHTTPMiddleware):
    """Gives a request its id: the one that it brings, if that is well formed, or a new one. The answer tells it."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Serve one request."""
        logs.request_id = request.headers.get(ID_HEADER) or uuid4().hex
        answer = await call_next(request)
        answer.headers[ID_HEADER] = logs.request_id
        return answer


# TODO: a program cannot read this line; and what in it is nobody else's business?
class RequestLog(BaseHTTPMiddleware):
    """Writes a line about each request when it is over."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Serve one request."""
        began = time.perf_counter()
        answer = await call_next(request)
        logger.info(f"{request.method} {request.url} {answer.status_code} {time.perf_counter() - began:.3f} s")
        return answer


class UnhandledErrors:
    """Answers 500 for an error that nobody has handled, and lets it go on: the server logs it."""

    def __init__(self, app: ASGIApp, debug: bool) -> None:
        self.app = app
        self.debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # TODO: an error passes through here, and the outermost layer of Starlette answers it.
        await self.app(scope, receive, send)


def add_layers(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes of `app`. What is added last is outermost."""
    # TODO: which of these should see an answer last?
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=METHODS,
        allow_headers=["Authorization", "Content-Type", ID_HEADER],
        expose_headers=[ID_HEADER],
    )
    app.add_middleware(RequestId)
    app.add_middleware(RequestLog)
    app.add_middleware(UnhandledErrors, debug=settings.debug)
