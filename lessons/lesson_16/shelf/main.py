"""The service: puts an app together, and gives it what it needs for as long as it runs."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from shelf import health, metrics
from shelf.accounts import admin, auth, profile
from shelf.accounts import router as accounts
from shelf.accounts.shares import limit_requests
from shelf.bookmarks import links, refresh
from shelf.bookmarks import router as bookmarks
from shelf.cache import Cache, open_redis
from shelf.config import SettingsError, load_settings
from shelf.database import open_database
from shelf.dependencies import Resources
from shelf.fence import Fence
from shelf.jobs import router as jobs
from shelf.jobs.lifespan import open_jobs
from shelf.jobs.relay import relaying
from shelf.keys import router as keys
from shelf.limits import Limits
from shelf.logs import set_up_logs
from shelf.middleware import add_layers
from shelf.pages import open_session
from shelf.problems import HANDLERS, SCHEMA
from shelf.statistics import router as statistics
from shelf.tags import router as tags
from shelf.transfer import router as transfer


def create_app() -> FastAPI:
    """Put an app together that shares nothing with any other; raise SettingsError if the environment is wrong."""
    settings = load_settings()
    counted = metrics.Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_session(Fence(settings.allowed_private_hosts), settings.pages_per_host) as web,
            open_database(
                settings.database_url, settings.pool_size, settings.max_overflow, settings.pool_timeout
            ) as sessions,
            open_redis(settings) as redis,
            open_jobs(settings) as work,
            relaying(work, sessions, settings),
        ):
            counted.watch(sessions)
            cache, limits = Cache(redis, settings.redis_seconds), Limits(redis, settings)
            app.state.resources = Resources(settings, sessions, web, cache, limits, work, counted)
            set_up_logs()  # not earlier: uvicorn sets up logs of its own, and a start that fails is told to people
            yield

    app = FastAPI(
        title="Shelf",
        debug=settings.debug,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        responses={"default": SCHEMA},
    )
    add_layers(app, settings)
    app.add_middleware(metrics.Timing, metrics=counted)  # the outermost layer: it measures what callers wait for
    # Bookmarks after those that share their path, so that `check` and `export` are not taken for an id.
    before = (links.router, refresh.router, transfer.router)
    people = (accounts.router, admin.router, profile.router, keys.router)
    for part in (*before, bookmarks.router, tags.router, statistics.router, *people):
        app.include_router(part, dependencies=[Depends(limit_requests)])
    watched = (health.router, metrics.router)
    for unlimited in (*watched, auth.router, jobs.router):  # logging in has limits of its own, and QStash signs
        app.include_router(unlimited)
    return app


try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Shelf cannot start. {error}")
