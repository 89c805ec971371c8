"""The databases that services can run on: SQLite's files, and PostgreSQL's."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from workshop.testbed.database import Database

if TYPE_CHECKING:
    from workshop.testbed.postgres_database import PostgresDatabase

AnyDatabase: TypeAlias = "Database | PostgresDatabase"
KINDS = ("sqlite", "postgresql")
OWN = "SHELF_TEST_POSTGRES"
INSTEAD = f"A server of your own serves as well: {OWN}=postgresql://user:password@host/database."


class NoPostgresError(Exception):
    """There can be no PostgreSQL on this machine, or it does not start; the message says why, and what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(f"PostgreSQL cannot be had here: {why} {INSTEAD}")


def new_database(kind: str, folder: Path, name: str = "shelf") -> AnyDatabase:
    """Choose a place for a database: a file in `folder`, or a name in PostgreSQL, which may raise NoPostgresError."""
    if kind == "sqlite":
        return Database(folder / f"{name}.db")
    from workshop.testbed.postgres_database import PostgresDatabase

    return PostgresDatabase()


def database_named(url: str, folder: Path, ours: AnyDatabase) -> "AnyDatabase | None":
    """Return the database whose address is `url`, seen from `folder`, if it is a file or one of ours."""
    file = file_named(url, folder)
    return Database(file) if file else ours.named(url)


def file_named(url: str, folder: Path) -> Path | None:
    """Return the file of an SQLite database whose address is `url`, seen from `folder`; None for another database."""
    found = re.fullmatch(r"sqlite(?:\+\w+)?:///(?!:memory:)([^?]+)(?:\?.*)?", url)
    return folder / found[1] if found else None
