"""Constants for the statistics module.

This module contains all constants that are used by the statistics module.
"""

from typing import Final

# Default values
DEFAULT_DAYS: Final[int] = 30
DEFAULT_TAG_LIMIT: Final[int] = 10
DEFAULT_TIMEZONE: Final[str] = "UTC"
DEFAULT_PREFIX: Final[str] = ""

# Limits
MIN_DAYS: Final[int] = 1
MAX_DAYS: Final[int] = 366
MIN_TAG_LIMIT: Final[int] = 1
MAX_TAG_LIMIT: Final[int] = 100
MAX_PREFIX_LENGTH: Final[int] = 64
MAX_TIMEZONE_LENGTH: Final[int] = 64

# Supported dates
MIN_YEAR: Final[int] = 2000
MAX_YEAR: Final[int] = 2100

# Numbers
ZERO: Final[int] = 0
ONE: Final[int] = 1
PERCENT_MULTIPLIER: Final[int] = 100

# Formats
DATE_FORMAT: Final[str] = "%Y-%m-%d"
DATETIME_FORMAT: Final[str] = "%Y-%m-%dT%H:%M:%SZ"

# Cache settings (for future use)
CACHE_ENABLED: Final[bool] = False
CACHE_TTL_SECONDS: Final[int] = 300
CACHE_KEY_PREFIX: Final[str] = "statistics"

# Logger
LOGGER_NAME: Final[str] = "shelf.statistics"
