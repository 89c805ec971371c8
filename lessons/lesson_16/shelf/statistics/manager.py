"""Manager for the statistics module.

This module contains the manager that coordinates the collectors. It is the single entry point for all statistics.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from shelf.statistics.collectors import (
    BaseCollector,
    CollectorContext,
    DaysCollector,
    OverviewCollector,
    TagsCollector,
)
from shelf.statistics.constants import LOGGER_NAME
from shelf.statistics.decorators import safe_operation
from shelf.statistics.exceptions import CollectorError
from shelf.statistics.models import DaysStatistics, OverviewStatistics, StatisticsRequest, TagsStatistics

logger = logging.getLogger(LOGGER_NAME)


class SingletonMeta(type):
    """Metaclass for thread-safe singletons."""

    _instances: ClassVar[dict[type, Any]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Get the instance of the class."""
        with cls._lock:
            if cls not in cls._instances:
                cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]


class CollectorRegistry:
    """Registry for collectors."""

    def __init__(self) -> None:
        """Initialize the registry."""
        self._collectors: dict[str, BaseCollector[Any]] = {}

    def register(self, collector: BaseCollector[Any]) -> None:
        """Register a collector."""
        self._collectors[collector.name] = collector

    def unregister(self, name: str) -> None:
        """Unregister a collector."""
        self._collectors.pop(name, None)

    def get(self, name: str) -> BaseCollector[Any]:
        """Get a collector by its name."""
        collector = self._collectors.get(name)
        if collector is None:
            raise CollectorError("There is no such collector", {"name": name})
        return collector


class StatisticsManager(metaclass=SingletonMeta):
    """Manager for all statistics.

    The manager is a thread-safe singleton, so that the collectors are only created once.
    """

    def __init__(self) -> None:
        """Initialize the manager."""
        self._lock = threading.Lock()
        self._context = CollectorContext()
        self._registry = CollectorRegistry()
        self._hooks: list[Callable[[Any], None]] = []
        self._registry.register(OverviewCollector(self._context))
        self._registry.register(DaysCollector(self._context))
        self._registry.register(TagsCollector(self._context))

    def add_hook(self, hook: Callable[[Any], None]) -> None:
        """Add a hook that is called with every result."""
        self._hooks.append(hook)

    @safe_operation(OverviewStatistics.empty)
    async def get_overview(self, session: AsyncSession, owner_id: int) -> OverviewStatistics:
        """Get the overview statistics."""
        result: OverviewStatistics = await self._collect("overview", session, owner_id, StatisticsRequest())
        return result

    @safe_operation(DaysStatistics.empty)
    async def get_days(self, session: AsyncSession, owner_id: int, request: StatisticsRequest) -> DaysStatistics:
        """Get the statistics of the last days."""
        result: DaysStatistics = await self._collect("days", session, owner_id, request)
        return result

    @safe_operation(TagsStatistics.empty)
    async def get_tags(self, session: AsyncSession, owner_id: int, request: StatisticsRequest) -> TagsStatistics:
        """Get the statistics of the tags."""
        result: TagsStatistics = await self._collect("tags", session, owner_id, request)
        return result

    async def _collect(self, name: str, session: AsyncSession, owner_id: int, request: StatisticsRequest) -> Any:
        """Collect statistics in a thread-safe way."""
        # The context is shared, so only one request may use it at a time
        with self._lock:
            self._context.bind(session, owner_id)
            try:
                result = await self._registry.get(name).collect(request)
            finally:
                self._context.release()
        # Call the hooks
        for hook in self._hooks:
            try:
                hook(result)
            except Exception as error:
                logger.warning("A hook failed: %s", error)
        return result


def get_statistics_manager() -> StatisticsManager:
    """Get the statistics manager."""
    manager: StatisticsManager = StatisticsManager()
    return manager
