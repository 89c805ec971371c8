"""The process that runs Alembic's commands for a check, and counts what they do to an SQLite database.

It counts below everything that a migration can be written with: in the connections of `sqlite3` itself.
"""

import json
import os
import sqlite3
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.testbed.host import call_source, print_into
from workshop.testbed.learner_code import import_from

DIED = 77
"""The exit code of a process that was to die halfway, and did."""

_plain_connect = sqlite3.connect
_transactions: list[int] = []
_state = {"command": 0, "most_rows": 0}


@dataclass
class Commands:
    """What to run."""

    folder: str
    """The folder of alembic.ini; the working folder, too."""
    env: dict[str, str]
    """The whole environment."""
    commands: list[list[str]]
    """One after the other, until one fails."""
    place: str
    """A folder for `out` and `said`, what is printed, and for `counted`: the last command, the numbers, the imports."""
    dies_at: int | None = None
    """The transaction that is not committed any more."""
    before: str = ""
    """Source of a function to call first."""


class _Cursor(sqlite3.Cursor):
    def fetchall(self) -> list[Any]:
        return _noted(super().fetchall())

    def fetchmany(self, *args: Any, **more: Any) -> list[Any]:
        return _noted(super().fetchmany(*args, **more))


class _Connection(sqlite3.Connection):
    spec: Commands

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._counted = 0
        self.set_trace_callback(self._on_statement)

    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)

    def close(self) -> None:
        self._on_statement("")
        super().close()

    def _on_statement(self, text: str) -> None:
        """Count what was changed, if it is committed now, or was by itself."""
        if text.startswith("ROLLBACK"):
            self._counted = self.total_changes
        elif not self.in_transaction or text.startswith(("COMMIT", "END")):
            changed, self._counted = self.total_changes - self._counted, self.total_changes
            if changed and len(_transactions) + 1 == self.spec.dies_at:
                _end(self.spec, DIED)
            if changed:
                _transactions.append(changed)


def _noted(rows: list[Any]) -> list[Any]:
    _state["most_rows"] = max(_state["most_rows"], len(rows))
    return rows


def _connect(*args: Any, **more: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = _plain_connect(*args, **{"factory": _Connection} | more)
    return connection


def _end(spec: Commands, code: int) -> None:
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    told = _state | {"transactions": _transactions, "imported": files}
    Path(spec.place, "counted").write_text(json.dumps(told), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(spec: Commands) -> None:
    """Run the commands, and end this process: with 0, with DIED, or otherwise where one failed."""
    if sys.platform != "win32":
        os.setsid()  # a group of its own, as of a service
    print_into(f"{spec.place}/out", f"{spec.place}/said")
    os.environ.clear()
    os.environ.update(spec.env)
    os.chdir(spec.folder)
    try:
        _run(spec)
    except SystemExit as error:
        _end(spec, _exit_code(error.code))
    except BaseException:
        traceback.print_exc()
        _end(spec, 1)
    _end(spec, 0)


def _exit_code(said: Any) -> int:
    """What Python ends with after `sys.exit(said)`."""
    if said is None or isinstance(said, int):
        return said or 0
    print(said, file=sys.stderr)
    return 1


def _run(spec: Commands) -> None:
    from alembic.config import CommandLine

    import_from(Path(spec.folder))
    _Connection.spec = spec
    sqlite3.connect = sqlite3.dbapi2.connect = _connect  # type: ignore[assignment]
    if spec.before:
        call_source(spec.before, [])
    for number, command in enumerate(spec.commands):
        _state["command"] = number
        CommandLine(prog="alembic").main(command)
