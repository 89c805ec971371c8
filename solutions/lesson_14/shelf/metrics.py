"""What Shelf tells a Prometheus about itself: how long requests take, and how its pool of connections is doing."""

import time
from secrets import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelf.database import Sessions
from shelf.errors import NotFoundError, NotSignedInError

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

router = APIRouter()


class Metrics:
    """The metrics of one app, in a registry of its own: two apps in a process count apart."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.seconds = Histogram(
            "shelf_request_seconds", "Time to answer", ["method", "route", "status"], registry=self._registry
        )
        self._pool = Gauge("shelf_pool_connections", "Connections to the database", ["state"], registry=self._registry)
        self._limit = Gauge("shelf_pool_limit", "How many of them there can be", registry=self._registry)

    def watch(self, sessions: Sessions) -> None:
        """Show, from now on, how many connections to the database are out, how many are free, and the limit."""
        self._pool.labels("out").set_function(lambda: sessions.out)
        self._pool.labels("free").set_function(lambda: sessions.free)
        self._limit.set(sessions.limit)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)


class Timing:
    """Measures how long each request takes."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def send_and_see(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        finally:
            # Each new value of a label is a new row, for ever. Callers choose paths and methods, but not templates.
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.seconds.labels(method, route, status).observe(time.perf_counter() - began)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Tell the metrics to whoever shows `metrics_token`; 404 if there is none."""
    # No account is asked for: that would take a connection, and when the pool is used up this is what one looks at.
    resources = request.app.state.resources
    if resources.settings.metrics_token is None:
        raise NotFoundError("this Shelf tells no metrics")
    shown = request.headers.get("Authorization", "")
    expected = f"Bearer {resources.settings.metrics_token.get_secret_value()}"
    if not compare_digest(shown.encode(), expected.encode()):
        raise NotSignedInError("the token does not count")
    return Response(resources.metrics.text(), media_type=CONTENT_TYPE_LATEST)
