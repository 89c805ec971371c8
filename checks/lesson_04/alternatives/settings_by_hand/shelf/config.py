"""Settings: what can be said from outside, read by hand, without pydantic-settings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """Settings are wrong; the message names them and says what is wrong, but not what was given."""


class Secret(str):
    """A text that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True)
class Settings:
    """The settings, by name."""

    page_seconds: float = 10
    refresh_seconds: float = 60
    refresh_at_once: int = 5
    cors_origins: list[str] = field(default_factory=list)
    secret_key: Secret | None = field(default=None, repr=False)
    debug: bool = False


def _between(kind: Callable[[str], Any], low: float, high: float) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError
        return value

    return read


def _flag(text: str) -> bool:
    return {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}[
        text.lower()
    ]


def _key(text: str) -> Secret:
    if len(text) < 32:
        raise ValueError
    return Secret(text)


READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "page_seconds": (_between(float, 1e-9, 3600), "a number above 0, 3600 at most"),
    "refresh_seconds": (_between(float, 1e-9, 3600), "a number above 0, 3600 at most"),
    "refresh_at_once": (_between(int, 1, 100), "a whole number from 1 to 100"),
    "cors_origins": (lambda text: [part.strip() for part in text.split(",") if part.strip()], "origins"),
    "secret_key": (_key, "at least 32 characters"),
    "debug": (_flag, "true or false"),
}


def load_settings() -> Settings:
    """Read the settings now; raise SettingsError, in one line, if any of them is wrong."""
    given = _file(Path(".env")) | os.environ
    values, faults = {}, []
    for name, (read, rule) in READERS.items():
        if text := given.get(name.upper()):
            try:
                values[name] = read(text)
            except (ValueError, KeyError):
                faults.append(f"{name.upper()} must be {rule}")
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**values)


def _file(path: Path) -> Mapping[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
