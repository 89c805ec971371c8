"""Configuration for the statistics module.

This module provides a flexible and extensible configuration for the statistics module.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Optional

from shelf.statistics.constants import (
    CACHE_ENABLED,
    CACHE_TTL_SECONDS,
    DEFAULT_DAYS,
    DEFAULT_TAG_LIMIT,
    DEFAULT_TIMEZONE,
    MAX_DAYS,
    MAX_TAG_LIMIT,
    MIN_DAYS,
    MIN_TAG_LIMIT,
)


@dataclass(frozen=True)
class LimitConfig:
    """Configuration for limits."""

    minimum: int
    maximum: int
    default: int

    def is_valid(self, value: int) -> bool:
        """Check whether the value is valid."""
        return self.minimum <= value <= self.maximum

    def clamp(self, value: int) -> int:
        """Clamp the value to the limits."""
        if value < self.minimum:
            return self.minimum
        if value > self.maximum:
            return self.maximum
        return value


@dataclass(frozen=True)
class CacheConfig:
    """Configuration for the cache."""

    enabled: bool = CACHE_ENABLED
    ttl_seconds: int = CACHE_TTL_SECONDS


@dataclass(frozen=True)
class StatisticsConfig:
    """Configuration for statistics."""

    days: LimitConfig = field(default_factory=lambda: LimitConfig(MIN_DAYS, MAX_DAYS, DEFAULT_DAYS))
    tags: LimitConfig = field(default_factory=lambda: LimitConfig(MIN_TAG_LIMIT, MAX_TAG_LIMIT, DEFAULT_TAG_LIMIT))
    cache: CacheConfig = field(default_factory=CacheConfig)
    timezone: str = DEFAULT_TIMEZONE

    def to_dict(self) -> dict[str, Any]:
        """Convert the configuration to a dictionary."""
        return asdict(self)


class ConfigProvider:
    """Provider for the configuration."""

    _instance: ClassVar[Optional[StatisticsConfig]] = None  # noqa: UP045

    @classmethod
    def get_config(cls) -> StatisticsConfig:
        """Get the configuration."""
        # Create the configuration if it does not exist yet
        if cls._instance is None:
            cls._instance = StatisticsConfig()
        return cls._instance

    @classmethod
    def reset(cls) -> None:
        """Reset the configuration."""
        cls._instance = None


def get_statistics_config() -> StatisticsConfig:
    """Get the statistics configuration."""
    return ConfigProvider.get_config()
