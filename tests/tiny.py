"""A whole course in small, for tests of the commands."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from workshop import layout
from workshop.course import Course, Lesson

SOURCE = Path(__file__).parent / "gate" / "tiny_course"


def tiny_course(root: Path) -> Course:
    """Return a copy of the tiny course: two lessons, a service that starts fast, hints."""
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("conftest.py", "__pycache__"))
    return Course(root)


def solve(course: Course, lesson: Lesson) -> None:
    """Save the solution's files in the learner's folder, as an editor would."""
    layout.ensure_work(course, lesson)
    for path, file in layout.files_in(lesson.solution).items():
        (lesson.work / path).write_bytes(file.read_bytes())


MIGRATIONS = {
    "alembic.ini": "[alembic]\nscript_location = %(here)s/shelf/migrations\nprepend_sys_path = %(here)s\n",
    "shelf/__init__.py": "",
    "shelf/migrations/env.py": """import os

from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"].replace("+aiosqlite", "")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
""",
    "shelf/migrations/versions/0001_notes.py": """import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table("notes", sa.Column("text", sa.String))
""",
}
"""The files of a service that has one migration; without the service."""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write these files into a folder and return it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
