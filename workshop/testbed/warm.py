"""The last thing that the warm parent imports: what libraries do only once, or import late, is done before the fork.

Nothing of it is left that a service could see. Where any of it fails, services start a little later; no more.
"""

import asyncio
import contextlib
import gc
import importlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LATE = {
    "fastapi": ("fastapi.telemetry._runtime", "fastapi.middleware.cors", "fastapi.responses"),
    "anyio": ("anyio._backends._asyncio",),
    "httpx": ("httpcore",),
    "html": ("html.parser",),
}
"""What is imported when something is first used, for each library."""


@dataclass
class Answer:
    """A body, so that FastAPI makes a schema of it."""

    text: str


def exercise_app() -> None:
    """Build a small app and make it ready to be served, without starting anything; ask it twice."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    app.get("/")(answer)
    app.post("/")(echo)
    uvicorn.Config(app, log_config=None).load()
    asyncio.run(_ask(app, "GET", b""))
    asyncio.run(_ask(app, "POST", b'{"text": "some"}'))


async def answer(text: str) -> Answer:
    """A route with a parameter and a body."""
    return Answer(text)


async def echo(said: Answer) -> Answer:
    """A route that takes a body."""
    return said


async def _ask(app: Any, method: str, body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        pass

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "headers": headers}
    place = {"path": "/", "raw_path": b"/", "query_string": b"text=some", "root_path": "", "scheme": "http"}
    await app(scope | place | {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}, receive, send)


def exercise_database() -> None:
    """Let SQLAlchemy write and read a few rows, in memory."""
    from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, inspect, select, update
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import registry, relationship, selectinload

    class Note:
        pass

    class Word:
        pass

    mappers = registry()
    one = Table("notes", mappers.metadata, Column("id", Integer, primary_key=True), Column("text", String, unique=True))
    many = Table(
        "words",
        mappers.metadata,
        Column("id", Integer, primary_key=True),
        Column("note", ForeignKey("notes.id"), index=True),
        Column("text", String),
    )
    mappers.map_imperatively(Word, many)
    mappers.map_imperatively(Note, one, properties={"words": relationship(Word)})

    async def use() -> None:
        engine = create_async_engine("sqlite+aiosqlite:///:memory:")
        async with engine.begin() as connection:
            await connection.run_sync(mappers.metadata.create_all)
        async with AsyncSession(engine) as session, session.begin():
            note: Any = Note()
            note.text, note.words = "some", [Word(), Word()]
            session.add(note)
            await session.flush()
            words = selectinload(inspect(Note).relationships["words"].class_attribute)
            rows = select(Note).options(words).where(one.c.text == "some").order_by(one.c.id).limit(5)
            (await session.scalars(rows)).all()
            await session.scalar(select(func.count()).select_from(Note))
            await session.execute(update(Note).where(one.c.id == 1).values(text="more").returning(one.c.id))
            note.text = "other"
            await session.flush()
            note.words.clear()
            await session.delete(note)
        await engine.dispose()

    try:
        asyncio.run(use())
    finally:
        mappers.dispose()


EXERCISES: dict[str, Callable[[], None]] = {
    "fastapi": exercise_app,
    "sqlalchemy.dialects.sqlite.aiosqlite": exercise_database,
}


def warm() -> None:
    """Do what the libraries that are here by now do only once."""
    for library, modules in LATE.items():
        for module in modules if library in sys.modules else ():
            with contextlib.suppress(Exception):
                importlib.import_module(module)
    for library, exercise in EXERCISES.items():
        if library in sys.modules:
            with contextlib.suppress(Exception):
                exercise()


if not gc.isenabled():  # see `warming`
    # In a thread, which takes along what event loops leave in the thread in which they ran.
    warmed = threading.Thread(target=warm)
    warmed.start()
    warmed.join()
    gc.freeze()  # no service has to look through all this for garbage, nor gets a copy of it for doing so
    gc.enable()
