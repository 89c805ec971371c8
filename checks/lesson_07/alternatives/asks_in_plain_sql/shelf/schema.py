"""Whether the database has what this version needs, by one query and the names of the files; without Alembic."""

import re
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """A migration is due; the message says so in one line, with the command that does it."""


async def check_schema(engine: AsyncEngine) -> None:
    """Raise SchemaError unless the database has seen every migration in MIGRATIONS. Nothing is changed."""
    steps = sorted(re.findall(r"revision = ['\"](\w+)['\"]", _sources()))
    async with engine.connect() as connection:
        try:
            here = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        except DBAPIError:
            here = None
    if here is None or here in steps[:-1]:
        raise SystemExit(f"Shelf cannot start: the database is not up to date ({here}). Use `alembic upgrade head`.")


def _sources() -> str:
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    return "".join(re.sub(r"(?m)^down_.*$", "", file.read_text(encoding="utf-8")) for file in files)
