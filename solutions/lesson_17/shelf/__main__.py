"""Starts Shelf as a server: `python -m shelf`."""

import sys

import uvicorn

from shelf.config import Settings, SettingsError, load_settings


def serve(settings: Settings) -> None:
    """Serve until a signal ends it: what is under way is finished within `shutdown_seconds`, nothing new is taken."""
    uvicorn.run(
        "shelf.main:app",  # by its name: each worker imports it anew
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        proxy_headers=False,  # Shelf has its own list of proxies that are believed, TRUSTED_PROXIES
        access_log=False,  # and its own lines about requests
    )


if __name__ == "__main__":
    try:
        serve(load_settings())
    except SettingsError as error:
        sys.exit(f"Shelf cannot start. {error}")
