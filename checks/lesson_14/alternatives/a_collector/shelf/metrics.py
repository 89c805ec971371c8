"""What Shelf tells a Prometheus about itself: a collector looks at the pool, and an answer is timed at its head."""

import hmac
import time
from collections.abc import Iterator

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelf.database import Sessions

router = APIRouter()


class Metrics:
    """The metrics of one app; it is a collector, too, which looks at the pool when it is asked."""

    def __init__(self) -> None:
        self.sessions: Sessions | None = None
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.latency = Histogram(
            "shelf_request_seconds", "Seconds", labels, registry=self.registry, buckets=(0.01, 0.1, 1)
        )
        self.registry.register(self)

    def watch(self, sessions: Sessions) -> None:
        """Look at these from now on."""
        self.sessions = sessions

    def collect(self) -> Iterator[Metric]:
        """Yield what there is to see of the pool."""
        if self.sessions is None:
            return
        pool = GaugeMetricFamily("shelf_pool_connections", "Connections to the database", labels=["state"])
        pool.add_metric(["out"], self.sessions.engine.pool.checkedout())  # type: ignore[attr-defined]
        pool.add_metric(["free"], self.sessions.engine.pool.checkedin())  # type: ignore[attr-defined]
        yield pool
        yield GaugeMetricFamily("shelf_pool_limit", "How many there can be", value=self.sessions.limit)

    def text(self) -> bytes:
        """Return all of it."""
        return generate_latest(self.registry)


class Timing:
    """Measures each answer when its first bytes leave."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.monotonic()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = scope["route"].path if "route" in scope else "unknown"
                seconds = time.monotonic() - began
                self.metrics.latency.labels(scope["method"], route, str(message["status"])).observe(seconds)
            await send(message)

        await self.app(scope, receive, measured)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Tell the metrics to whoever shows the token."""
    resources = request.app.state.resources
    token = resources.settings.metrics_token
    if token is None:
        raise HTTPException(404, detail="there is nothing here")
    shown = Headers(scope=request.scope).get("authorization", "").encode()
    if not hmac.compare_digest(shown, b"Bearer " + token.get_secret_value().encode()):
        raise HTTPException(401, detail="who asks?", headers={"WWW-Authenticate": "Bearer"})
    return Response(resources.metrics.text(), media_type="text/plain; version=1.0.0; charset=utf-8")
