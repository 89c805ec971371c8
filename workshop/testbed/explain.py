"""The words for what can go wrong before a check has anything to say: no start, no answer, another status."""

import os
from typing import TYPE_CHECKING, Any

from workshop.testbed.reason import Reason

if TYPE_CHECKING:
    from workshop.testbed.client import Answer
    from workshop.testbed.service import Service

PRINTED = "`--traceback` shows everything that the service printed."


def at(place: dict[str, Any] | None) -> str:
    """A line of a learner's, in words: `shelf/main.py, line 12: while True:`."""
    if not place:
        return "outside your own files"
    code = f": {place['code']}" if place.get("code") else ""
    return f"{place['file']}, line {place['line']}{code}"


def spot(place: dict[str, Any] | None) -> str:
    """Where to look: a line of a learner's, or where else to find out."""
    return f"{place['file']}, line {place['line']}." if place else PRINTED


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
        return _ended(service, seen.ended, "before it had started")
    if seen.stuck:
        return _stuck_start(seen.stuck)
    return Reason(
        saw="Shelf's start came to no end.",
        expected="a service that answers within seconds.",
        cause="its start-up (lifespan) waits for something that does not come.",
        look="what runs before the `yield` of the lifespan in shelf/main.py.",
    )


def unexpected(service: "Service", answer: "Answer", statuses: tuple[int, ...]) -> Reason:
    """Why an answer has not the status that a step needs."""
    expected = f"{' or '.join(map(str, statuses))}."
    if not answer.answered:
        return no_answer(service, answer, expected)
    route = f"{answer.method} {answer.path.partition('?')[0]}"
    if answer.status == 500:
        return _server_error(service, answer, expected)
    if answer.status in (404, 405) and answer.text in ('{"detail":"Not Found"}', '{"detail":"Method Not Allowed"}'):
        cause = "there is no such route yet; or its path differs, if only by the slash at the end."
    elif answer.status in (307, 308):
        cause = "the route's path differs by the slash at the end, so the service sends the caller elsewhere."
    elif answer.status == 422:
        cause = "the request is right, but the route's schema refuses it; the body above names the field."
    else:
        cause = "the route decides on another status."
    return Reason(saw=f"{answer}", expected=expected, cause=cause, look=f"the route {route}.")


def no_answer(service: "Service", answer: "Answer", expected: str) -> Reason:
    """Why no answer came at all."""
    call = f"{answer.method} {answer.path}"
    # A process that ends breaks the connection first; the news of its end comes a moment later.
    service.waiter.until(lambda: service.gone, seconds=0.5)
    if service.gone and service.seen.ended is not None:
        return _ended(service, service.seen.ended, f"while {call} waited for its answer")
    if service.seen.stuck:
        place = service.seen.stuck["place"]
        return Reason(
            saw=f"{call} got no answer: the event loop stands still at {at(place)}",
            expected=expected,
            cause="a loop without end, or a call that blocks the thread, in code that the event loop runs.",
            look=spot(place),
        )
    return Reason(
        saw=f"{answer}",
        expected=expected,
        cause="the route waits for something that does not come, or the connection was closed early.",
        look=f"the route {answer.method} {answer.path.partition('?')[0]}. {PRINTED}",
    )


def no_reply(service: "Service") -> Reason:
    """The host does not answer a question."""
    return Reason(
        saw="Shelf's process does not react any more.",
        expected="a process that can be asked what it sees.",
        cause="one long call that does not let go of the interpreter, or the process has ended.",
        look=PRINTED,
    )


def inside_failed(error: dict[str, Any]) -> Reason:
    """What a step tried inside the service raised an error."""
    return Reason(
        saw=f"Inside the service: {error['type']}: {error['text']}",
        expected="the names that the lesson's README gives, with the behaviour it describes.",
        cause="a name is missing, or it takes other arguments.",
        look=spot(error["place"]) if error["place"] else "the names in the lesson's README.",
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
        cause="a loop without end, a call that waits, or a server started by hand (`uvicorn.run`) at the top level of a file.",
        look=spot(event["place"]),
    )


def _ended(service: "Service", event: dict[str, Any], when: str) -> Reason:
    look = spot(event.get("place"))
    if event.get("event") == "flooded":
        return Reason(
            saw=f"Shelf printed more than 16 MB {when}, so it was stopped. It stood at {at(event['place'])}",
            expected="a few lines of output at most.",
            cause="a `print` in a loop that does not end.",
            look=look,
        )
    if event.get("event") == "crashed":
        return Reason(
            saw=f"Shelf's server broke {when}: {event['type']}: {event['text']}",
            expected="a service that goes on whatever one request does.",
            cause="an error outside any request: in the start-up, the shutdown, or a task of its own.",
            look=look,
        )
    return Reason(
        saw=f"Shelf's process ended {when}, {_how(service.process.exitcode)}.",
        expected="a service that goes on whatever one request does.",
        cause=_why(service.process.exitcode),
        look=PRINTED,
    )


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"with exit code {code}"
    return f"by signal {-code}"


def _why(code: int | None) -> str:
    if code is not None and code < 0:
        return "a crash of the interpreter itself (a segmentation fault, endless recursion in C code), or memory ran out."
    return "a call of `os._exit`, which ends a process without a word."


def _server_error(service: "Service", answer: "Answer", expected: str) -> Reason:
    # The answer is sent before the error reaches the host, so the error may come a moment after it.
    route = answer.path.partition("?")[0]
    service.waiter.until(lambda: any(error["path"] == route for error in service.seen.errors), seconds=1)
    errors = [error for error in service.seen.errors if error["path"] == route]
    if not errors:
        return Reason(
            saw=f"{answer}",
            expected=expected,
            cause="the route failed, or answers 500 itself.",
            look=f"the route {answer.method} {answer.path.partition('?')[0]}. {PRINTED}",
        )
    error = errors[-1]
    return Reason(
        saw=f"{answer.method} {answer.path} answered 500.\n{error['type']}: {error['text']}",
        expected=expected,
        cause=f"an error that nothing handles, raised at {at(error['place'])}",
        look=spot(error["place"]),
    )
