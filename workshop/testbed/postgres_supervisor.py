"""The process between a run and its PostgreSQL: when the run is gone, however that came, so is the server.

It is started as a script, by an interpreter that knows only the standard library. What it needs in the end alone is
imported in the end: until then a run waits for it.
"""

import json
import os
import signal
import subprocess
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

SPARE = "spare-"
"""How the names of copies of the template begin that nobody uses yet."""


def supervise(told: "dict[str, Any]") -> None:
    """Start the server, stop it when the standard input ends, and clear up.

    `told`: `start` is the server's command, and `signal` stops it; or `start` and `stop` are commands that end by
    themselves. `user` is a pair of ids or null. `folder` is the run's own, with the file `log` in it; `keep` says that
    it stays. `template` is what a spare is copied from.
    """
    folder = told["folder"]
    user = {"user": told["user"][0], "group": told["user"][1], "extra_groups": ()} if told["user"] else {}
    with open(os.path.join(folder, "log"), "wb") as log:
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        server = subprocess.Popen(told["start"], cwd=folder, **pipes, **user)
        _wait_for_the_end(server if told["signal"] else None)
        if told["stop"]:
            subprocess.run(told["stop"], cwd=folder, **pipes, check=False)
        else:
            _stop(server, told["signal"])
    if not told["keep"]:
        _clear_up(told)


def _wait_for_the_end(server: "subprocess.Popen[bytes] | None") -> None:
    """Wait until nobody holds the other end of the standard input; end at once, and badly, if the server does."""
    for name in ("SIGINT", "SIGHUP"):  # ^C and a closed terminal are the run's business; it ends, or does not
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    ending = threading.Event()

    def leave_with_it() -> None:
        if server and server.wait() is not None and not ending.is_set():
            os._exit(3)

    threading.Thread(target=leave_with_it, daemon=True).start()
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        sys.stdin.buffer.read()
    except SystemExit:
        pass
    ending.set()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _stop(server: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        server.send_signal(number)
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()


def _clear_up(told: "dict[str, Any]") -> None:
    """Remove the run's folder, and leave a spare for the next run, which then need not wait for a copy."""
    import shutil
    from pathlib import Path

    shutil.rmtree(told["folder"], ignore_errors=True)
    template = Path(told["template"])
    making = new_name(template.parent, "making")
    try:
        if not any(name.startswith(SPARE) for name in os.listdir(template.parent)):
            copy_data(template, making, told["user"])
            making.rename(making.with_name(SPARE + making.name.rpartition("-")[2]))
    except OSError:
        shutil.rmtree(making, ignore_errors=True)


def new_name(place: "Path", kind: str) -> "Path":
    """Return a path in `place` that tells who is going to make it, so that what was left behind can be swept."""
    return place / f"{kind}-{host()}-{os.getpid()}-{os.urandom(4).hex()}"


def host() -> str:
    """The name of this machine."""
    return os.environ.get("COMPUTERNAME", "here") if sys.platform == "win32" else os.uname().nodename


def make_folder(folder: "Path", user: "Sequence[int] | None") -> None:
    """Make a folder; another user may enter it, whatever the umask says."""
    folder.mkdir()
    if user:
        folder.chmod(0o755)


def copy_data(template: "Path", folder: "Path", user: "Sequence[int] | None") -> None:
    """Make `folder`, and copy the template's data and password into it; the data belong to `user` then."""
    import shutil

    make_folder(folder, user)
    shutil.copy2(template / "password", folder)
    data = folder / "data"
    shutil.copytree(template / "data", data, copy_function=shutil.copyfile)
    if user and sys.platform != "win32":
        for parent, _, files in os.walk(data):
            for path in (parent, *(os.path.join(parent, name) for name in files)):
                os.chown(path, user[0], user[1])


if __name__ == "__main__":
    supervise(json.loads(sys.argv[1]))
