"""The clients of linkding, `aiolinkding` for Python and `linkding-cli` for terminals, in an environment of their own.

They want an older `packaging` than the workshop's, and a Python before 3.14. The environment is made once, below
`.workshop/clients`, and used again by every run.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DRIVER = HERE / "linkding_client.py"
COMMANDS = HERE / "linkding_commands.py"
REQUIREMENTS = HERE / "linkding_client.txt"
CLIENTS = HERE.parents[1] / ".workshop" / "clients"
NEWEST = (3, 13)
INSTALL_SECONDS = 120.0
CALLS_SECONDS = 120.0
ONCE = "The clients of linkding get an environment of their own. That happens once, and takes a moment."


class NoClientError(Exception):
    """The client cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Used:
    """What came of a client's calls."""

    done: dict[str, Any]
    """The answers by the names of the calls, in their order; the names are those in linkding_client.py."""
    failed_call: str = ""
    """The first call that raised; none came after it."""
    error: str = ""


def use_linkding(url: str, key: str, bookmark: dict[str, Any], tell: Callable[[str], None]) -> Used:
    """Let the client save `bookmark` in the service at `url` and do with it all that it can do.

    `tell` is called with a sentence before something that takes long. Raises NoClientError.
    """
    told = json.dumps({"url": url, "key": key, "bookmark": bookmark})
    try:
        ended = _run([str(_python(tell)), "-I", str(DRIVER)], CALLS_SECONDS, told)
        said = json.loads(ended.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise NoClientError(f"aiolinkding could not be run: {_short(error)}") from error
    failed = said["failed"] or {"call": "", "error": ""}
    return Used(said["done"], failed["call"], failed["error"])


def use_linkding_cli(
    url: str, key: str, commands: list[list[str]], tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Let the program for the terminal run some commands; `{id}` in a word is the id that the first one has made.

    Return what came of each, up to the first that fails: `exit`, `output` and `error`. Raises NoClientError.
    """
    told = json.dumps({"url": url, "key": key, "commands": commands})
    try:
        ended = _run([str(_python(tell)), "-I", str(COMMANDS)], CALLS_SECONDS, told)
        came: list[dict[str, Any]] = json.loads(ended.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise NoClientError(f"linkding-cli could not be run: {_short(error)}") from error
    return came


def _python(tell: Callable[[str], None]) -> Path:
    """Return the Python of the client's environment, made first if need be."""
    pinned = REQUIREMENTS.read_bytes()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = CLIENTS / f"linkding-{version}-{hashlib.sha256(pinned).hexdigest()[:8]}"
    if not home.is_dir():
        _try_once(home, tell)
    return _python_in(home)


_tried: dict[Path, NoClientError] = {}
"""What could not be made. While a learner's saves are graded one after the other, to fail once takes time enough."""


def _try_once(home: Path, tell: Callable[[str], None]) -> None:
    if home in _tried:
        raise _tried[home]
    tell(ONCE)
    try:
        _make(home)
    except NoClientError as error:
        _tried[home] = error
        raise


def _make(home: Path) -> None:
    """Make the environment beside `home` and move it there whole: several runs may want it at once."""
    try:
        CLIENTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CLIENTS, prefix=".making-") as folder:
            made = Path(folder) / "environment"
            _install(made)
            if not home.is_dir():
                os.replace(made, home)
    except (OSError, subprocess.SubprocessError) as error:
        if not home.is_dir():  # nobody else has made it meanwhile
            raise NoClientError(f"aiolinkding could not be installed: {_short(error)}") from error


def _install(home: Path) -> None:
    if uv := shutil.which("uv"):
        wanted = sys.executable if sys.version_info[:2] <= NEWEST else ".".join(map(str, NEWEST))
        _run([uv, "venv", "--quiet", "--no-project", "--python", wanted, str(home)], INSTALL_SECONDS)
        _run(
            [uv, "pip", "install", "--quiet", "--python", str(_python_in(home)), "-r", str(REQUIREMENTS)],
            INSTALL_SECONDS,
        )
    elif sys.version_info[:2] > NEWEST:
        raise OSError("it needs Python 3.13 or older, and uv, which could get one, is not in the PATH")
    else:
        venv.create(home, with_pip=True)
        _run([str(_python_in(home)), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)], INSTALL_SECONDS)


def _python_in(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: list[str], seconds: float, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=seconds)


def _short(error: Exception) -> str:
    """The last line that a program said before it failed, or the error itself."""
    said = str(getattr(error, "stderr", "") or "").strip()
    return said.splitlines()[-1] if said else str(error)
