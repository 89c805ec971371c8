"""Whether the database has the tables that this version of Shelf works with."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """A migration is due; the message says so in one line, with the command that does it."""


async def check_schema(engine: AsyncEngine) -> None:
    """Raise SchemaError unless the database has seen every migration in MIGRATIONS. Nothing is changed.

    A database at a revision that no file here has comes from a newer version, and is good enough for this one.
    """
    # TODO: nobody asks the database where it stands.
