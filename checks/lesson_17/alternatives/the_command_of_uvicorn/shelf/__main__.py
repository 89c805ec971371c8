"""Starts Shelf as a server: `python -m shelf` hands its settings to the command `uvicorn`."""

import sys

import uvicorn

from shelf.config import Settings, SettingsError, load_settings


def serve(settings: Settings) -> None:
    """Serve until a signal ends it, as the command `uvicorn` does."""
    options = {
        "--host": settings.host,
        "--port": settings.port,
        "--workers": settings.workers,
        "--timeout-graceful-shutdown": settings.shutdown_seconds,
    }
    words = [str(word) for option in options.items() for word in option]
    uvicorn.main(["shelf.main:app", *words, "--no-proxy-headers", "--no-access-log"])


if __name__ == "__main__":
    try:
        serve(load_settings())
    except SettingsError as error:
        sys.exit(f"Shelf cannot start. {error}")
