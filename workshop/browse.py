"""The process that serves Shelf to a browser: its files from source, never by way of bytecode; no reload."""

import asyncio
import importlib
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from workshop.testbed.learner_code import import_from, place_of_error
from workshop.testbed.network import bind


def main() -> None:
    """Serve what the JSON in the first argument describes; see `workshop.serve` for its keys and the exit codes."""
    spec = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        listener = bind(spec["port"])
        listener.listen(512)
    except OSError as error:
        used = f"Port {spec['port']} cannot be used ({error.strerror}); another one: {spec['again']}"
        _end(used, 2)
    try:
        app = _import(spec)
        asyncio.run(_serve(app, listener, spec))
    except KeyboardInterrupt:
        _end("", 0)


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def _end(words: str, code: int) -> None:
    """End at once: threads that a learner's code has left running must not keep the port."""
    if words:
        print(words, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _import(spec: dict[str, Any]) -> Any:
    folder = Path(spec["folder"])
    import_from(folder)
    try:
        return importlib.import_module("shelf.main").app
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and isinstance(error.code, str):
            _end(error.code, 1)  # it has said why, in its own words
        place = place_of_error(folder, error)
        where = f" ({place['file']}, line {place['line']}: {place['code']})" if place else ""
        said = error.msg if isinstance(error, SyntaxError) else error
        _end(f"Shelf does not start: {type(error).__name__}: {said}{where}\nMore about it: {spec['check']}", 1)


async def _serve(app: Any, listener: Any, spec: dict[str, Any]) -> None:
    import uvicorn

    colours = False if os.environ.get("NO_COLOR") else None
    config = uvicorn.Config(app, timeout_graceful_shutdown=3, use_colors=colours, proxy_headers=False)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # we say ourselves that it has started
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    if server.started:
        print(f"{spec['words']}: http://127.0.0.1:{spec['port']}/docs")
        print("^C ends it. It does not notice changes: after a save, end it and start it again.", flush=True)
    await serving
    _end("" if server.started else f"Shelf does not start.\nMore about it: {spec['check']}", 0 if server.started else 1)


if __name__ == "__main__":
    main()
