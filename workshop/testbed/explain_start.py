"""The words for a service that does not start."""

import os
from typing import TYPE_CHECKING, Any

from workshop.testbed.explain import at, ended, spot
from workshop.testbed.reason import Reason

if TYPE_CHECKING:
    from workshop.testbed.service import Service


def no_start(service: "Service") -> Reason:
    """Why the service did not start."""
    seen = service.seen
    try:
        files = os.listdir(service.folder / "shelf")
    except PermissionError as error:
        return _not_allowed(error.filename)
    except OSError:
        return _no_folder(service)
    if "main.py" not in files:
        return _no_main()
    if seen.failed:
        return _failed(seen.failed)
    if seen.ended is not None:
        return ended(service, seen.ended, "before it had started")
    if seen.stuck:
        return _stuck_start(seen.stuck)
    return Reason(
        saw="Shelf's start came to no end.",
        expected="a service that answers within seconds.",
        cause="its start-up (lifespan) waits for something that does not come.",
        look="what runs before the `yield` of the lifespan in shelf/main.py.",
    )


def _no_folder(service: "Service") -> Reason:
    return Reason(
        saw=f"There is no folder `shelf` in {service.folder}.",
        expected="the lesson's files.",
        cause="the folder is empty, or has another name.",
        look="`uv run workshop start N` lays the lesson's files out; what is there is kept.",
    )


def _no_main() -> Reason:
    return Reason(
        saw="There is no file shelf/main.py.",
        expected="shelf/main.py with the FastAPI application, `app`.",
        cause="it was deleted, renamed or moved.",
        look="`uv run workshop reset N` brings the lesson's files back; what is there is kept.",
    )


def _not_allowed(path: str) -> Reason:
    return Reason(
        saw=f"{path} may not be read.",
        expected="files that you own and may read.",
        cause="the rights of the folder or the file; perhaps it was made by another user, such as root.",
        look="the owner and the rights: `ls -l`.",
    )


def _failed(event: dict[str, Any]) -> Reason:
    kind, error, place = event["kind"], f"{event['type']}: {event['text']}", event["place"]
    look = spot(place)
    if kind == "no app":
        return Reason(
            saw="shelf/main.py has nothing named `app`.",
            expected="`app`, the FastAPI application, at the top level of shelf/main.py.",
            cause="it was renamed, deleted or moved into a function.",
            look="shelf/main.py.",
        )
    if kind == "no create_app":
        return Reason(
            saw="shelf/main.py has no function `create_app`.",
            expected="`create_app()`, which returns a new application each time it is called.",
            cause="it was renamed, deleted or not written yet.",
            look="shelf/main.py.",
        )
    if kind == "exit":
        return Reason(
            saw=f"shelf/main.py ended the process while it was imported: sys.exit({event['text']}) at {at(place)}",
            expected="an import that ends with `app` in place.",
            cause="a call of `sys.exit` or `exit` at the top level of a file.",
            look=look,
        )
    if kind == "startup":
        return Reason(
            saw=f"Shelf did not start: {error}" if event["type"] else "Shelf did not start: its start-up failed.",
            expected="a start-up (lifespan) without an error.",
            cause="the error above, raised before the first request.",
            look=look,
        )
    return _import_failed(event, error, look)


def _import_failed(event: dict[str, Any], error: str, look: str) -> Reason:
    expected = "files that Python can import."
    place = event["place"]
    if event["type"] in ("SyntaxError", "IndentationError", "TabError"):
        return Reason(
            saw=f"Python cannot read {at(place)}\n{error}",
            expected=expected,
            cause="a typing slip on that line, or a bracket or quote left open above it.",
            look=look,
        )
    if event["type"] in ("ModuleNotFoundError", "ImportError"):
        return Reason(
            saw=f"An import failed at {at(place)}\n{error}",
            expected=expected,
            cause=_import_cause(event["text"]),
            look=look,
        )
    if event["type"] == "PermissionError":
        return _not_allowed(event["text"])
    return Reason(
        saw=f"Importing shelf/main.py failed at {at(place)}\n{error}",
        expected=expected,
        cause="the error above, raised while the file was imported.",
        look=look,
    )


def _import_cause(text: str) -> str:
    if "'shelf" in text:
        return "that file of Shelf is missing or has another name, or the name is not in it."
    return "a misspelt name, a name that is not in that module, or a package that the workshop does not have."


def _stuck_start(event: dict[str, Any]) -> Reason:
    stage = "its start-up" if event["serving"] else "the import of shelf/main.py"
    return Reason(
        saw=f"Shelf did not start: {stage} came to no end. It stands at {at(event['place'])}",
        expected="a start within seconds.",
        cause="a loop without end, a call that waits, or a server started by hand (`uvicorn.run`) at the top level.",
        look=spot(event["place"]),
    )
