"""What Shelf tells a Prometheus about itself: how long requests take, and how its pool of connections is doing."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Receive, Scope, Send

from shelf.database import Sessions

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

router = APIRouter()


class Metrics:
    """The metrics of one app, in a registry of its own: two apps in a process count apart."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        # TODO: a histogram `shelf_request_seconds`; gauges `shelf_pool_connections` and `shelf_pool_limit`.

    def watch(self, sessions: Sessions) -> None:
        """Show, from now on, how many connections to the database are out, how many are free, and the limit."""
        # TODO: the gauges show nothing yet.

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
        # TODO: nothing is measured yet.
        await self.app(scope, receive, send)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Tell the metrics to whoever shows `metrics_token`; 404 if there is none."""
    # TODO: this tells everybody.
    resources = request.app.state.resources
    return Response(resources.metrics.text(), media_type=CONTENT_TYPE_LATEST)
