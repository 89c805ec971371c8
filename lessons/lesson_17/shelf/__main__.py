"""Starts Shelf as a server: `python -m shelf`."""

import sys

import uvicorn

from shelf.config import Settings, SettingsError, load_settings


def serve(settings: Settings) -> None:
    """Serve until a signal ends it: what is under way is finished within `shutdown_seconds`, nothing new is taken."""
    # TODO: nobody is asked how many workers there are to be, and an end may take for ever.
    uvicorn.run("shelf.main:app", host=settings.host, port=settings.port)


if __name__ == "__main__":
    try:
        serve(load_settings())
    except SettingsError as error:
        sys.exit(f"Shelf cannot start. {error}")
