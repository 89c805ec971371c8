"""How a step says why it failed: four parts, always in the same order."""

from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True)
class Reason:
    """What a learner reads when a step fails; each part is one or two sentences."""

    saw: str
    expected: str
    cause: str
    look: str


class StepFailed(AssertionError):  # noqa: N818 - what it says reads better than StepFailedError
    """A step failed for a reason that a learner can act on."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.saw)
        self.reason = reason


def because(*, saw: str, expected: str, cause: str, look: str) -> NoReturn:
    """Fail the step with its reason: `assert fine, because(saw=..., ...)`.

    Python evaluates the message of an `assert` only when the assertion fails. So this raises by itself, and the
    four parts reach the report as they are, without pytest's own explanation of the expression.
    """
    raise StepFailed(Reason(saw=saw, expected=expected, cause=cause, look=look))
