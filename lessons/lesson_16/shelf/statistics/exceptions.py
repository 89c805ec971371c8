"""Exceptions for the statistics module."""

from typing import Any


class StatisticsError(Exception):
    """Base exception for all statistics errors."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        """Initialize the exception."""
        super().__init__(message)
        self.message = message
        self.details = details or {}

    def __str__(self) -> str:
        """Return the string representation of the exception."""
        if self.details:
            return f"{self.message} ({self.details})"
        return self.message


class CollectorError(StatisticsError):
    """Exception that is raised when a collector fails."""


class ContextError(StatisticsError):
    """Exception that is raised when the context is missing."""


class ValidationFailedError(StatisticsError):
    """Exception that is raised when the validation fails."""
