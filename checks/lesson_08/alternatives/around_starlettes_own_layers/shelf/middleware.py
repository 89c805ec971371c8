"""The layers stand around Starlette's own, ServerErrorMiddleware too, whose handler of `Exception` answers the 500."""

import logging
import re
import time
import traceback
import uuid
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelf.config import Settings
from shelf.logs import request_id
from shelf.problems import problem


def with_id(app: ASGIApp) -> ASGIApp:
    """Give each request its id."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        own = Headers(scope=scope).get("x-request-id") or ""
        if not re.fullmatch(r"[\w-]{8,64}", own, re.ASCII):
            own = str(uuid.uuid4())
        request_id.set(own)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("X-Request-ID", own)
            await send(message)

        await app(scope, receive, tell)

    return serve


def with_line(app: ASGIApp) -> ASGIApp:
    """Write a line about each request."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        began, fields = time.perf_counter_ns(), {"method": scope["method"], "status": None}

        async def see(message: Message) -> None:
            fields.update({"status": message["status"]} if "status" in message else {})
            await send(message)

        try:
            await app(scope, receive, see)
        finally:
            route = scope.get("route")
            fields |= {"route": route.path if route else None}
            fields |= {"milliseconds": (time.perf_counter_ns() - began) / 1e6}
            logging.getLogger("shelf").info("%(method)s %(status)s", fields, extra={"fields": fields})

    return serve


async def answer_failure(request: Request, error: Exception) -> Response:
    """Answer 500."""
    facts: dict[str, Any] = {}
    if request.app.state.resources.settings.debug:
        facts["traceback"] = "".join(traceback.format_exception(error))
    return problem(request, 500, "something is broken", **facts)


def add_layers(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes of `app`, and around what Starlette puts there."""
    app.debug = False  # its own page would come before the handler
    app.add_exception_handler(Exception, answer_failure)
    own_layers = app.build_middleware_stack

    def build() -> ASGIApp:
        inside = with_id(with_line(own_layers()))
        return CORSMiddleware(inside, allow_origins=settings.cors_origins, allow_methods=["*"], allow_headers=["*"])

    app.build_middleware_stack = build  # type: ignore[method-assign]
