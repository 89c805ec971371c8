"""One layer inside of CORS does it all: id, line, 500. It logs what failed itself, and the error ends there."""

import logging
import re
import time
import traceback
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelf.config import Settings
from shelf.logs import request_id
from shelf.problems import problem

ID_FORM = re.compile(r"^[A-Za-z0-9_-]{8,64}\Z")

logger = logging.getLogger("shelf.requests")


class Layer:
    """Serves requests one by one."""

    def __init__(self, app: ASGIApp, debug: bool) -> None:
        self.app = app
        self.debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.monotonic()
        statuses: list[int] = []
        brought = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        own = brought if ID_FORM.match(brought) else f"req-{uuid4()}"
        token = request_id.set(own)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                message["headers"] = [*message.get("headers", []), (b"x-request-id", own.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except Exception as error:
            logger.exception("a request has failed")
            if statuses:
                raise
            facts: dict[str, Any] = {"inside": traceback.format_exc()} if self.debug else {}
            await problem(Request(scope), 500, f"Tell us the number {own}", **facts)(scope, receive, send_on)
            error.__traceback__ = None
        finally:
            route = scope["route"].path_format if "route" in scope else None
            took = int((time.monotonic() - began) * 1000)
            line = {"method": scope["method"], "route": route, "milliseconds": took}
            logger.info("done", extra={"fields": line | {"status": statuses[0] if statuses else None}})
            request_id.reset(token)


def add_layers(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes of `app`."""
    app.add_middleware(Layer, debug=settings.debug)
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=["*"], allow_headers=["Authorization"]
    )
