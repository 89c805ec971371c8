"""The layers around the routes: what every request passes on its way in, and every answer on its way out."""

import logging
import re
import time
import traceback
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelf.config import Settings
from shelf.limits import Share
from shelf.logs import request_id
from shelf.problems import problem

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ID_HEADER = "X-Request-ID"
PORT = re.compile(r":[0-9]+$")
ID_FORM = re.compile(r"[A-Za-z0-9_-]{8,64}")

logger = logging.getLogger(__name__)


class RequestId:
    """Gives a request its id: the one that it brings, if that is well formed, or a new one. The answer tells it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        brought = Headers(scope=scope).get(ID_HEADER, "")
        own = brought if ID_FORM.fullmatch(brought) else uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[ID_HEADER] = own
            await send(message)

        # Never set back: the server gives each request a context of its own, and logs what failed at the very end.
        request_id.set(own)
        await self.app(scope, receive, send_with_id)


class RequestLog:
    """Writes a line about each request when it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), None

        async def send_and_see(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        finally:
            took = round(1000 * (time.perf_counter() - began), 3)
            route = getattr(scope.get("route"), "path", None)  # the template: a path can hold anything
            fields = {"method": scope["method"], "route": route, "status": status, "milliseconds": took}
            logger.info("request", extra={"fields": fields})


class UnhandledErrors:
    """Answers 500 for an error that nobody has handled, and lets it go on: the server logs it."""

    def __init__(self, app: ASGIApp, debug: bool) -> None:
        self.app = app
        self.debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answered = False

        async def send_and_see(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        except Exception as error:
            if not answered:
                facts: dict[str, Any] = {"traceback": traceback.format_exception(error)} if self.debug else {}
                answer = problem(Request(scope), 500, "Shelf has failed, and has written down why", **facts)
                await answer(scope, receive, send)
            raise


class KnownHosts:
    """Serves the hosts in `allowed`, and answers 400 for others. `*.name` stands for all names below a name."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.allowed = [host.lower() for host in allowed]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._knows(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
        else:
            await problem(Request(scope), 400, "no such host is served here")(scope, receive, send)

    def _knows(self, said: str) -> bool:
        host = PORT.sub("", said.lower())
        return any(each in ("*", host) or (each.startswith("*.") and host.endswith(each[1:])) for each in self.allowed)


class ShareHeaders:
    """Tells callers what is left of their share, above whatever answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_share(message: Message) -> None:
            share: Share | None = scope.get("state", {}).get("share")
            if message["type"] == "http.response.start" and share is not None:
                MutableHeaders(scope=message).update(share.headers())
            await send(message)

        await self.app(scope, receive, send_with_share)


def add_layers(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes of `app`. What is added last is outermost."""
    app.add_middleware(UnhandledErrors, debug=settings.debug)
    app.add_middleware(ShareHeaders)
    app.add_middleware(KnownHosts, allowed=settings.allowed_hosts)
    app.add_middleware(RequestLog)
    app.add_middleware(RequestId)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=METHODS,
        allow_headers=["Authorization", "Content-Type", ID_HEADER],
        expose_headers=[ID_HEADER, "Retry-After", "RateLimit", "RateLimit-Policy"],
    )
