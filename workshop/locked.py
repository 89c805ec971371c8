"""The installed libraries beside those of uv.lock."""

import importlib.metadata
import tomllib
from pathlib import Path


def other_versions(lock: Path) -> list[str]:
    """Return what differs, in words: what the workshop needs and is not there, and what is there in another version.

    Raises OSError, TOMLDecodeError or KeyError where the lock cannot be read.
    """
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    locked: dict[str, set[str]] = {}
    for package in packages:
        locked.setdefault(package["name"], set()).add(package.get("version", ""))
    ours = next(package for package in packages if package["name"] == "shelf-workshop")
    needed = {dependency["name"] for dependency in ours["dependencies"]}
    wrong = []
    for name, versions in sorted(locked.items()):
        installed = _installed(name)
        if installed is None and name in needed:
            wrong.append(f"{name} is not installed")
        elif installed is not None and installed not in versions and name != "shelf-workshop":
            wrong.append(f"{name} is {installed}, not {' or '.join(sorted(versions))}")
    return wrong


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
