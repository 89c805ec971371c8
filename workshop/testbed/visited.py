"""What can be visited: how to wait until somebody is there, or nobody any more."""

from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.waiting import GUARD, Waiter


class Visited:
    """The stand-in web, or one page of it."""

    inside: int
    """How many requests are being answered, or held, right now."""

    @property
    def waits_by(self) -> Waiter:
        """What waiting goes through."""
        raise NotImplementedError

    def gathers(self, visitors: int, seconds: float = GUARD) -> bool:
        """Wait until so many visitors are inside at the same time; False if that does not happen."""
        return self.waits_by.until(lambda: self.inside >= visitors, seconds)

    def empties(self, seconds: float = GUARD) -> bool:
        """Wait until no visitor is inside any more; False if somebody stays."""
        return self.waits_by.until(lambda: self.inside == 0, seconds)

    def wait_for_visitors(self, visitors: int = 1) -> None:
        """Wait until so many visitors are inside at the same time; fail the step if that does not happen."""
        if not self.gathers(visitors):
            raise StepFailed(self.nobody_came(visitors))

    def nobody_came(self, visitors: int) -> Reason:
        """Return the words for visitors that Shelf was to send, and did not."""
        raise NotImplementedError
