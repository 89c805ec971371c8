"""What the host has said of its service."""

from dataclasses import dataclass, field
from typing import Any


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

    def take(self, event: dict[str, Any]) -> None:
        """Note an event of the host's."""
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
