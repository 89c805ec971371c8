"""Decorators for the statistics module."""

import functools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from shelf.errors import ShelfError
from shelf.statistics.constants import LOGGER_NAME

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(LOGGER_NAME)


def log_execution(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Log the execution of a function."""

    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        """Wrap the function."""
        started = time.perf_counter()
        logger.debug("Starting %s", function.__qualname__)
        try:
            return await function(*args, **kwargs)
        finally:
            elapsed = time.perf_counter() - started
            logger.debug("Finished %s in %.3f seconds", function.__qualname__, elapsed)

    return wrapper


def safe_operation(fallback: Callable[[], T]) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Make an operation safe so that statistics never break the application."""

    def decorator(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """Decorate the function."""

        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            """Wrap the function."""
            try:
                return await function(*args, **kwargs)
            except ShelfError:
                # Errors of the application are handled elsewhere
                raise
            except Exception as error:
                # Something went wrong: log it and use the fallback
                logger.warning("%s failed, using the fallback: %s", function.__qualname__, error)
                return fallback()

        return wrapper

    return decorator


def deprecated(reason: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Mark a function as deprecated."""

    def decorator(function: Callable[P, Any]) -> Callable[P, Any]:
        """Decorate the function."""

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
            """Wrap the function."""
            logger.warning("%s is deprecated: %s", function.__qualname__, reason)
            return function(*args, **kwargs)

        return wrapper

    return decorator
