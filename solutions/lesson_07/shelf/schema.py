"""Whether the database has the tables that this version of Shelf works with."""

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """A migration is due; the message says so in one line, with the command that does it."""


async def check_schema(engine: AsyncEngine) -> None:
    """Raise SchemaError unless the database has seen every migration in MIGRATIONS. Nothing is changed.

    A database at a revision that no file here has comes from a newer version, and is good enough for this one.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    needed = set(script.get_heads())
    known = {revision.revision for revision in script.walk_revisions()}
    async with engine.connect() as connection:
        found = await connection.run_sync(_revisions)
    if found != needed and found <= known:
        place = f"at revision {', '.join(found)}" if found else "at no revision"
        raise SchemaError(f"The database is {place}, Shelf needs {', '.join(needed)}. Run: alembic upgrade head")


def _revisions(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())
