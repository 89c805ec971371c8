"""The log: one JSON object a line, each with the id of the request that it belongs to."""

import logging

# TODO: the id stands in one place for all requests, and many are served at the same time.
request_id: str | None = None
"""The id of the request that is being served."""


class JsonLines(logging.Formatter):
    """Writes each record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: what every record has, what this one was given as `fields`, and its traceback."""
        # TODO: this is no JSON, and a traceback takes forty lines, of which only the first has an id.
        return f"{record.levelname} {request_id} {super().format(record)}"


def set_up_logs() -> None:
    """Send all that this process logs to stderr as JSON, what uvicorn says included."""
    # TODO: uvicorn goes on writing in its own way.
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.root.handlers = [handler]
    logging.getLogger("shelf").setLevel(logging.INFO)
