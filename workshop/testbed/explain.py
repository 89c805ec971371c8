"""The words for a request that did not go as a step needs: another status, no answer, a process that ended."""

import re
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
    if not place:
        return PRINTED
    caller = place.get("caller")
    called = f", called from {caller['file']}, line {caller['line']}" if caller else ""
    return f"{place['file']}, line {place['line']}{called}."


def unexpected(service: "Service", answer: "Answer", statuses: tuple[int, ...]) -> Reason:
    """Why an answer has not the status that a step needs."""
    expected = f"{' or '.join(map(str, statuses))}."
    if not answer.answered:
        return no_answer(service, answer, expected)
    route = f"{answer.method} {answer.path.partition('?')[0]}"
    if answer.status == 500:
        return _server_error(service, answer, expected)
    if answer.status in (404, 405) and re.search(r'"detail": ?"(Not Found|Method Not Allowed)"', answer.text):
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
        return ended(service, service.seen.ended, f"while {call} waited for its answer")
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


def ended(service: "Service", event: dict[str, Any], when: str) -> Reason:
    """Why the service's process has ended; `when` says what it was doing."""
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
        return (
            "a crash of the interpreter itself (a segmentation fault, endless recursion in C code), or memory ran out."
        )
    return "a call of `os._exit`, which ends a process without a word."


def _error_cause(error: dict[str, Any]) -> str:
    if "coroutine object" in error["text"]:
        return "an `await` is missing: what came is a coroutine, and nobody has waited for its result."
    if not error["place"]:
        return "an error that nothing handles, raised in a library that your code has called."
    return f"an error that nothing handles, raised at {at(error['place'])}"


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
        cause=_error_cause(error),
        look=spot(error["place"]),
    )
