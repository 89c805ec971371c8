"""How long and how many, from the environment."""

import os

PAGE_SECONDS = float(os.environ.get("PAGE_SECONDS", "10"))
"""Seconds that one page may take."""
REFRESH_SECONDS = float(os.environ.get("REFRESH_SECONDS", "60"))
"""Seconds that one refresh may take as a whole."""
REFRESH_AT_ONCE = int(os.environ.get("REFRESH_AT_ONCE", "5"))
"""Pages that one refresh fetches at the same time."""
