"""BaseHTTPMiddleware, in an order in which nothing that is set inside is needed outside: the id comes first."""

import logging
import re
import time
import traceback
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.base import RequestResponseEndpoint

from shelf.config import Settings
from shelf.logs import request_id
from shelf.problems import problem

logger = logging.getLogger("shelf.http")


def add_layers(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes of `app`."""

    @app.middleware("http")
    async def write_a_line(request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.perf_counter()
        try:
            answer = await call_next(request)
        except Exception as error:
            logger.error("unhandled", exc_info=error)
            facts: dict[str, Any] = {"traceback": traceback.format_exception(error)} if settings.debug else {}
            answer = problem(request, 500, "an error of ours", **facts)
        route = request.scope.get("route")
        fields = {
            "method": request.method,
            "route": route.path if route else None,
            "status": answer.status_code,
            "milliseconds": 1000 * (time.perf_counter() - began),
        }
        logger.info("request", extra={"fields": fields})
        return answer

    @app.middleware("http")
    async def give_an_id(request: Request, call_next: RequestResponseEndpoint) -> Response:
        brought = request.headers.get("X-Request-ID", "")
        own = brought if re.fullmatch("[A-Za-z0-9_-]{8,64}", brought) else uuid4().hex
        request_id.set(own)
        answer = await call_next(request)
        answer.headers["X-Request-ID"] = own
        return answer

    app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=["*"], allow_headers=["*"])
