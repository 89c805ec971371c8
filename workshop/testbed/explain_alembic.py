"""The words for a command of Alembic's that failed."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workshop.testbed.explain import spot
from workshop.testbed.reason import Reason

FILES = "the files in shelf/migrations: `env.py` and `versions/`."
CAUSES = {
    r"Multiple head": "two migrations follow the same one; look at their `down_revision`.",
    r"KeyError: '\w*'|Can't locate revision|is not present": "a revision is named, by the database or as a"
    " `down_revision`, that no file in `versions/` has.",
    r"NOT NULL column with default value NULL": "a column that must be filled and has no default cannot be given to a"
    " table that has rows.",
    r"NOT NULL constraint failed": "there still are rows without a value when the column begins to require one.",
    r"UNIQUE constraint failed": "two rows got the same value.",
    r"database is locked": "one connection of the migration waits for a lock that another one of it holds.",
    r"duplicate column name|already exists": "it is there already: an earlier run or a `downgrade` stopped halfway, or"
    " something else has made it.",
    r"error in index \w+ after drop column": "SQLite drops no column that an index covers; the index has to go first.",
    r"No support for ALTER|near \"(ALTER|DROP|CONSTRAINT)\"": "SQLite cannot change what a table has; Alembic's"
    " `op.batch_alter_table` makes the table anew.",
    r"requires a live database connection": "a batch operation on SQLite reads the table first, so it cannot be"
    " printed.",
}
"""What lies behind the words of Alembic, SQLAlchemy or SQLite."""
OTHER = "an error in a migration, or in what `env.py` imports."


def failure(folder: Path, command: str, printed: str, words: Mapping[str, str] | None = None) -> Reason:
    """Why a command failed, by what it printed; `words` are parts of the reason that the caller knows better."""
    said = last_words(folder, printed)
    reason = Reason(
        saw=f"{command} failed: {said}",
        expected="every migration runs.",
        cause=next((cause for sign, cause in CAUSES.items() if re.search(sign, said)), OTHER),
        look=_line(folder, printed) or FILES,
    )
    return replace(reason, **dict(words or {}))


def last_words(folder: Path, printed: str) -> str:
    """The line that says what is wrong, without places of ours."""
    lines = [line for line in printed.splitlines() if re.match(r"(?!DETAIL|HINT)[A-Za-z_][\w.]*(?:: |$)", line)]
    said = lines[-1].removeprefix("FAILED: ") if lines else "it says nothing more."
    return re.sub(r" ?\(?\S*site-packages\S*", "", said).replace(f"{folder.resolve()}/", "")


def _line(folder: Path, printed: str) -> str:
    """The last line of the service's own files in a traceback, as a place to look at."""
    for name, number in reversed(re.findall(r'File "(.+?)", line (\d+)', printed)):
        file = Path(name)
        if file.is_relative_to(folder.resolve()):
            return spot({"file": file.relative_to(folder.resolve()).as_posix(), "line": int(number)})
    return ""


def no_configuration() -> Reason:
    """There is nothing that Alembic could begin with."""
    return Reason(
        saw="There is no file alembic.ini beside the folder `shelf`.",
        expected="every migration runs.",
        cause="it was deleted, renamed or moved.",
        look="`uv run workshop reset N` brings the lesson's files back; what is there is kept.",
    )


def endless(command: str) -> Reason:
    """A command did not end in time."""
    return Reason(
        saw=f"{command} came to no end.",
        expected="every migration runs, and ends.",
        cause="a loop without end (a batch that is never committed comes again), or a wait for a lock that"
        " another connection holds.",
        look=FILES,
    )
