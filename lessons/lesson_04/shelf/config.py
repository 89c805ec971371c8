"""Settings: what can be said from outside."""

import os


class SettingsError(Exception):
    """Settings are wrong; the message names them and says what is wrong, but not what was given."""


class Settings:
    """The settings, from environment variables of the same names, or from a file `.env`.

    Seconds that one page and one refresh may take, pages that a refresh fetches at once, origins of browser pages that
    may call the API, the key that signs tokens (used from lesson 09 on), and whether errors show the inside.
    """

    # TODO: a list that is no list, a switch that is always on, a secret that anybody can print.
    def __init__(self) -> None:
        self.page_seconds = float(os.environ.get("PAGE_SECONDS", "10"))
        self.refresh_seconds = float(os.environ.get("REFRESH_SECONDS", "60"))
        self.refresh_at_once = int(os.environ.get("REFRESH_AT_ONCE", "5"))
        self.cors_origins = os.environ.get("CORS_ORIGINS", "")
        self.secret_key = os.environ.get("SECRET_KEY")
        self.debug = bool(os.environ.get("DEBUG"))


def load_settings() -> Settings:
    """Read the settings now; raise SettingsError, in one line, if any of them is wrong."""
    # TODO: whoever has set something wrong learns neither which variable it is nor what it should be.
    return Settings()
