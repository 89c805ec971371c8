"""The log: one JSON object a line, each with the id of the request that it belongs to."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being served, the same one in all its tasks and threads; None outside of requests."""

TALKATIVE = ("shelf", "uvicorn")
"""Loggers that are heard from INFO on; all others from WARNING on."""


class JsonLines(logging.Formatter):
    """Writes each record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: what every record has, what this one was given as `fields`, and its traceback."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_logs() -> None:
    """Send all that this process logs to stderr as JSON, what uvicorn says included."""
    loggers: dict[str, Any] = {name: {"level": "INFO", "handlers": [], "propagate": True} for name in TALKATIVE}
    # The server's own lines about requests show the query string. Shelf writes better ones.
    loggers["uvicorn.access"] = {"handlers": [], "propagate": False}
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": loggers,
        }
    )
