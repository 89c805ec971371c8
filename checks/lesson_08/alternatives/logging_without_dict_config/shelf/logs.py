"""The id is put into each record when that is made, and the handlers are set by hand."""

import json
import logging
import sys
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str | None] = ContextVar("id_of_the_request", default=None)

make_record = logging.getLogRecordFactory()


def with_id(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Return a record that knows its request."""
    record = make_record(*args, **kwargs)
    record.request_id = request_id.get()
    return record


class Lines(logging.StreamHandler[Any]):
    """Writes JSON to stdout."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = {"at": record.created, "message": record.getMessage(), "request_id": record.__dict__["request_id"]}
        said |= record.__dict__.get("fields", {})
        if record.exc_info:
            said["message"] += "\n" + logging.Formatter().formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def set_up_logs() -> None:
    """Send all that this process logs to stdout as JSON."""
    logging.setLogRecordFactory(with_id)
    logging.basicConfig(level=logging.WARNING, handlers=[Lines(sys.stdout)], force=True)
    for name in ("uvicorn", "uvicorn.error", "shelf"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True
