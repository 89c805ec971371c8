"""The world a graded service lives in. Checks reach it through fixtures, and say why they failed with `because`."""

from workshop.testbed.reason import Reason, StepFailed, because

__all__ = ["Reason", "StepFailed", "because"]
