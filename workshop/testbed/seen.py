"""What the host has said of its service."""

import threading
from dataclasses import dataclass, field
from typing import Any

from workshop.testbed.waiting import LOOK_UP


@dataclass
class Seen:
    """What the host has reported so far."""

    ports: list[int] = field(default_factory=list)
    failed: dict[str, Any] | None = None
    stuck: dict[str, Any] | None = None
    ended: dict[str, Any] | None = None
    """The event of a process that said why it ended, or {} for one that did not."""
    stopped: bool = False
    errors: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[int, dict[str, Any]] = field(default_factory=dict)
    news: threading.Event = field(default_factory=threading.Event)
    """Set by everything that is reported."""

    def rest(self) -> None:
        """Pass a moment, or less if there is news."""
        self.news.wait(LOOK_UP)
        self.news.clear()

    def take(self, event: dict[str, Any]) -> None:
        """Note an event of the host's."""
        self._note(event)
        self.news.set()

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("event"):
            case "ready":
                self.ports = event["ports"]
            case "failed":
                self.failed = event
            case "stuck":
                self.stuck = event
            case "moving":
                self.stuck = None
            case "error":
                self.errors.append(event)
            case "stopped":
                self.stopped = True
            case "flooded" | "crashed":
                self.ended = event
            case None:
                self.replies[event["reply"]] = event
