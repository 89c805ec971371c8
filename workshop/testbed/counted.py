"""The process that runs Alembic's commands for a check, and counts what they do to an SQLite database.

It counts below everything that a migration can be written with: in the connections of `sqlite3` itself.
"""

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from workshop.testbed.host import call_source
from workshop.testbed.learner_code import import_from

DIED = 77
"""The exit code of a process that was to die halfway, and did."""

_transactions: list[int] = []
_state = {"command": 0, "most_rows": 0}


class _Cursor(sqlite3.Cursor):
    def fetchall(self) -> list[Any]:
        return _noted(super().fetchall())

    def fetchmany(self, *args: Any, **more: Any) -> list[Any]:
        return _noted(super().fetchmany(*args, **more))


class _Connection(sqlite3.Connection):
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
            if changed:
                _on_commit(changed)


def _noted(rows: list[Any]) -> list[Any]:
    _state["most_rows"] = max(_state["most_rows"], len(rows))
    return rows


def _on_commit(changed: int) -> None:
    if len(_transactions) + 1 == _spec["dies_at"]:
        _write()
        os._exit(DIED)
    _transactions.append(changed)


def _write() -> None:
    Path(_spec["report"]).write_text(json.dumps(_state | {"transactions": _transactions}), encoding="utf-8")


def _connect(*args: Any, **more: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = _plain_connect(*args, **{"factory": _Connection} | more)
    return connection


def main() -> None:
    """Run the commands that the first argument holds, one after the other; see `workshop.testbed.alembic`."""
    from alembic.config import CommandLine

    sqlite3.connect = sqlite3.dbapi2.connect = _connect  # type: ignore[assignment]
    import_from(Path.cwd())
    if _spec["before"]:
        call_source(_spec["before"], [])
    try:
        for number, command in enumerate(_spec["commands"]):
            _state["command"] = number
            CommandLine(prog="alembic").main(command)
    finally:
        _write()


if __name__ == "__main__":
    _spec: dict[str, Any] = json.loads(sys.argv[1])
    _plain_connect = sqlite3.connect
    main()
