"""Typical wrong answers to lesson 05."""

from textwrap import indent

from workshop.mistakes import Edit, Mistake

DATABASE = "shelf/database.py"
DEPENDENCIES = "shelf/dependencies.py"
MODELS = "shelf/bookmarks/models.py"
REFRESH = "shelf/bookmarks/refresh.py"
RENEWAL = "shelf/bookmarks/renewal.py"
REPOSITORY = "shelf/bookmarks/repository.py"

RESTART = "test_what_was_saved_survives_a_restart"
DATES = "test_dates_are_aware"
THERE = "test_when_the_answer_arrives_the_row_is_there"
COMMIT = "test_a_commit_that_fails_is_never_a_success"
NOTHING = "test_a_failed_request_leaves_nothing_behind"
RETURNED = "test_no_connection_stays_out_after_errors"
FIFTY = "test_fifty_requests_at_once_share_no_session"
SAME = "test_the_same_url_at_the_same_moment_is_one_bookmark"

SESSION = """    async with sessions.begin() as session:
        yield session
"""
SCOPED = 'Depends(get_session, scope="function")]'
IN = "        return value.astimezone(UTC)\n\n"
OUT = "        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)\n"
ENGINE = "    engine = create_async_engine(url)\n"
TABLES = "            await connection.run_sync(Base.metadata.create_all)\n"
TRY = """        try:
            async with self._session.begin_nested():  # what fails in here can be undone without the rest
                self._session.add(bookmark)
        except IntegrityError:
"""
AGAIN = """            known = await self.of_url(bookmark.url)
            if known is None:
                raise
            return await self.change(known, values)
        return bookmark
"""
SAVING = "        bookmark = Bookmark(**values)\n" + TRY + AGAIN
LOOKING = """        known = await self.of_url(values["url"])
        if known:
            return await self.change(known, values)
        bookmark = Bookmark(**values)
        self._session.add(bookmark)
        await self._session.flush()
        return bookmark
"""
FLUSHING = """        try:
            self._session.add(bookmark)
            await self._session.flush()
        except IntegrityError:
"""
RENEWING = """    async with sessions.begin() as session:
        for bookmark in bookmarks:
            if page := pages.get(bookmark.id):
                if await _renew_one(BookmarkRepository(session), bookmark, page):
                    renewed.append(bookmark.id)
                else:
                    failed.append(Failure(id=bookmark.id, url=bookmark.url, reason="it was changed meanwhile"))
"""
FOUND = """    async with sessions.begin() as session:
        bookmarks = BookmarkRepository(session)
        if ids is None:
            return list(await bookmarks.newest()), []
        found = {bookmark_id: await bookmarks.get(bookmark_id) for bookmark_id in ids if 0 < bookmark_id <= LARGEST}
"""

ON_WHAT_IS_KEPT = [
    Mistake(
        name="keeps everything in memory",
        edits=[Edit(DATABASE, ENGINE, '    engine = create_async_engine("sqlite+aiosqlite://")\n')],
        caught_by=RESTART,
        says="the service keeps its rows somewhere else",
    ),
    Mistake(
        name="begins every start with empty tables",
        edits=[Edit(DATABASE, TABLES, "            await connection.run_sync(Base.metadata.drop_all)\n" + TABLES)],
        caught_by=RESTART,
        says="a start throws away what is there",
    ),
    Mistake(
        name="closes the session without a commit",
        edits=[Edit(DEPENDENCIES, SESSION, SESSION.replace(".begin()", "()"))],
        caught_by=THERE,
        says="no COMMIT was sent",
    ),
    Mistake(
        name="gives dates back as SQLite gives them",
        edits=[Edit(DATABASE, OUT, "        return value\n")],
        caught_by=DATES,
        says="an hour, but not where",
    ),
    Mistake(
        name="takes what SQLite gives back for local time",
        edits=[Edit(DATABASE, OUT, "        return value.astimezone(UTC)\n")],
        caught_by=DATES,
        says="taken for local time",
    ),
    Mistake(
        name="writes local time and reads local time",
        edits=[
            Edit(DATABASE, IN, "        return value.astimezone().replace(tzinfo=None)\n\n"),
            Edit(DATABASE, OUT, "        return value.astimezone(UTC)\n"),
        ],
        caught_by=DATES,
        says="where a process runs changes no date",
    ),
    Mistake(
        name="lets every date in as it is",
        edits=[
            Edit(
                DATABASE,
                """        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

""",
                "        return value\n\n",
            )
        ],
        caught_by=DATES,
        says="forgets the zone",
    ),
    Mistake(
        name="guesses the zone of a date that has none",
        edits=[
            Edit(
                DATABASE,
                """            raise ValueError(f"{value} has no time zone")
""",
                "            return value.replace(tzinfo=UTC)\n",
            )
        ],
        caught_by=DATES,
        says="nobody knows which moment that is",
    ),
    Mistake(
        name="marks local time as UTC",
        edits=[Edit(MODELS, "    return datetime.now(UTC)\n", "    return datetime.now().replace(tzinfo=UTC)\n")],
        caught_by=DATES,
        says="local time with the mark of UTC",
    ),
]

ON_PROMISES = [
    Mistake(
        name="commits after the answer has left",
        edits=[Edit(DEPENDENCIES, SCOPED, "Depends(get_session)]")],
        caught_by=THERE,
        says="while its COMMIT had not happened yet",
    ),
    Mistake(
        name="gives the routes about bookmarks another session, committed later",
        edits=[
            Edit("shelf/bookmarks/dependencies.py", "from shelf.dependencies import SessionDep\n", ""),
            Edit(
                "shelf/bookmarks/dependencies.py",
                "async def get_bookmarks(session: SessionDep)",
                "async def get_bookmarks(session: Annotated[AsyncSession, Depends(get_session)])",
            ),
            Edit(
                "shelf/bookmarks/dependencies.py",
                "from fastapi import Depends\n",
                "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n"
                "from shelf.dependencies import get_session\n",
            ),
        ],
        caught_by=THERE,
        says="unless the dependency has another scope",
    ),
    Mistake(
        name="commits in a task of its own, so that nobody waits for it",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                """    session = sessions()
    yield session

    async def finish() -> None:
        await session.commit()
        await session.close()

    request.state.finishing = asyncio.create_task(finish())
""",
            ),
            Edit(
                DEPENDENCIES,
                "async def get_session(sessions: SessionsDep)",
                "async def get_session(sessions: SessionsDep, request: Request)",
            ),
            Edit(DEPENDENCIES, "from collections.abc", "import asyncio\nfrom collections.abc"),
        ],
        caught_by=THERE,
        says="while its COMMIT had not happened yet",
    ),
    Mistake(
        name="rolls a failed commit back and says nothing",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                """    async with sessions() as session:
        yield session
        try:
            await session.commit()
        except Exception:
            await session.rollback()
""",
            )
        ],
        caught_by=COMMIT,
        says="an error of the commit is caught and forgotten",
    ),
    Mistake(
        name="trusts that a closed session is rolled back after a failed commit too",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                "    async with sessions() as session:\n        yield session\n        await session.commit()\n",
            )
        ],
        caught_by=COMMIT,
        says="nobody rolled the transaction back",
    ),
    Mistake(
        name="commits each renewed bookmark by itself",
        edits=[
            Edit(
                RENEWAL,
                RENEWING,
                """    for bookmark in bookmarks:
        if page := pages.get(bookmark.id):
            async with sessions.begin() as session:
                if await _renew_one(BookmarkRepository(session), bookmark, page):
                    renewed.append(bookmark.id)
                else:
                    failed.append(Failure(id=bookmark.id, url=bookmark.url, reason="it was changed meanwhile"))
""",
            )
        ],
        caught_by=NOTHING,
        says="each bookmark is committed by itself",
    ),
    Mistake(
        name="commits in the loop, in one session",
        edits=[
            Edit(
                RENEWAL,
                RENEWING,
                RENEWING.replace("sessions.begin()", "sessions()").replace(
                    "                    renewed.append(bookmark.id)\n",
                    "                    await session.commit()\n                    renewed.append(bookmark.id)\n",
                ),
            )
        ],
        caught_by=NOTHING,
        says="each bookmark is committed by itself",
    ),
    Mistake(
        name="commits whatever has happened",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                """    async with sessions() as session:
        try:
            yield session
        finally:
            await session.commit()
""",
            )
        ],
        caught_by=NOTHING,
        says="committed in `finally`",
    ),
    Mistake(
        name="closes the session only if all went well",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                "    session = sessions()\n    yield session\n    await session.commit()\n    await session.close()\n",
            )
        ],
        caught_by=RETURNED,
        says="the `close` below it does not run",
    ),
    Mistake(
        name="opens a session for a refresh and leaves it open",
        edits=[
            Edit(
                RENEWAL,
                FOUND,
                """    session = sessions()
    bookmarks = BookmarkRepository(session)
    if ids is None:
        return list(await bookmarks.newest()), []
    found = {bookmark_id: await bookmarks.get(bookmark_id) for bookmark_id in ids if 0 < bookmark_id <= LARGEST}
""",
            )
        ],
        caught_by=RETURNED,
        says="do not come back",
    ),
]

ON_MANY_AT_ONCE = [
    Mistake(
        name="shares one session between all requests",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                """    if not _shared:
        _shared.append(sessions())
    yield _shared[0]
    await _shared[0].commit()
""",
            ),
            Edit(
                DEPENDENCIES, "async def get_session(", "_shared: list[AsyncSession] = []\n\n\nasync def get_session("
            ),
        ],
        caught_by=FIFTY,
        says="requests use one session at the same moment",
    ),
    Mistake(
        name="shares one session and lets the requests queue up for it",
        edits=[
            Edit(
                DEPENDENCIES,
                SESSION,
                """    async with _alone:
        if not _shared:
            _shared.append(sessions())
        yield _shared[0]
        await _shared[0].commit()
""",
            ),
            Edit(
                DEPENDENCIES,
                "async def get_session(",
                "_shared: list[AsyncSession] = []\n_alone = asyncio.Lock()\n\n\nasync def get_session(",
            ),
            Edit(DEPENDENCIES, "from collections.abc", "import asyncio\nfrom collections.abc"),
        ],
        caught_by=FIFTY,
        says="one after the other",
    ),
    Mistake(
        name="lets the tasks of a refresh save through one session",
        edits=[
            Edit(
                RENEWAL,
                RENEWING,
                """    async def renew_one(bookmark: Bookmark, page: Page) -> None:
        if await _renew_one(BookmarkRepository(session), bookmark, page):
            renewed.append(bookmark.id)
        else:
            failed.append(Failure(id=bookmark.id, url=bookmark.url, reason="it was changed meanwhile"))

    async with sessions.begin() as session, asyncio.TaskGroup() as group:
        for bookmark in bookmarks:
            if page := pages.get(bookmark.id):
                group.create_task(renew_one(bookmark, page))
""",
            ),
            Edit(RENEWAL, "from collections.abc", "import asyncio\nfrom collections.abc"),
        ],
        caught_by=FIFTY,
        says="tasks of one request use one session at the same moment",
    ),
    Mistake(
        name="looks, then saves",
        edits=[Edit(REPOSITORY, SAVING, LOOKING)],
        caught_by=SAME,
        says="The constraint said so, and nobody listened",
    ),
    Mistake(
        name="looks and saves behind a lock of its process",
        edits=[
            Edit(
                REPOSITORY,
                SAVING,
                "        async with _alone:\n" + indent(LOOKING, "    "),
            ),
            Edit(REPOSITORY, "class BookmarkRepository:", "_alone = asyncio.Lock()\n\n\nclass BookmarkRepository:"),
            Edit(REPOSITORY, "from collections.abc", "import asyncio\nfrom collections.abc"),
        ],
        caught_by=SAME,
        says="The constraint said so, and nobody listened",
    ),
    Mistake(
        name="goes on after a failed INSERT, without a savepoint",
        edits=[Edit(REPOSITORY, TRY, FLUSHING)],
        caught_by=SAME,
        says="unless it was tried on a savepoint",
    ),
    Mistake(
        name="rolls back what is not its own, and goes on",
        edits=[Edit(REPOSITORY, TRY, FLUSHING + "            await self._session.rollback()\n")],
        caught_by=SAME,
        says="it ends the block of `sessions.begin()` too",
    ),
    Mistake(
        name="rolls everything back, and looks again without a lock",
        edits=[
            Edit(REPOSITORY, TRY, FLUSHING + "            await self._session.rollback()\n"),
            Edit(
                DEPENDENCIES,
                SESSION,
                """    async with sessions() as session:
        try:
            yield session
            await session.commit()
        except BaseException:
            await session.rollback()
            raise
""",
            ),
        ],
        caught_by=SAME,
        says="looks before it has the lock",
    ),
    Mistake(
        name="looks first, and tries the INSERT on a savepoint",
        edits=[
            Edit(
                REPOSITORY,
                SAVING,
                LOOKING.partition("        bookmark =")[0] + SAVING,
            )
        ],
        caught_by=SAME,
        says="writes only what differs from that copy",
    ),
    Mistake(
        name="answers a conflict",
        edits=[
            Edit(
                REPOSITORY,
                TRY + AGAIN,
                FLUSHING + '            raise HTTPException(409, "known") from None\n        return bookmark\n',
            ),
            Edit(
                REPOSITORY,
                "from sqlalchemy import func, select\n",
                "from fastapi import HTTPException\nfrom sqlalchemy import func, select\n",
            ),
        ],
        caught_by=SAME,
        says="saving a URL that is there is no conflict",
    ),
    Mistake(
        name="makes the row anew",
        edits=[
            Edit(
                REPOSITORY,
                SAVING,
                """        written = await self._session.scalars(
            insert(Bookmark).prefix_with("OR REPLACE").values(**values).returning(Bookmark)
        )
        return written.one()
""",
            ),
            Edit(REPOSITORY, "import func, select\n", "import func, insert, select\n"),
        ],
        caught_by=SAME,
        says="thrown away and made anew",
    ),
    Mistake(
        name="leaves a bookmark that is there as it is",
        edits=[
            Edit(
                REPOSITORY,
                SAVING,
                """        await self._session.execute(insert(Bookmark).values(**values).on_conflict_do_nothing())
        return (await self._session.scalars(select(Bookmark).where(Bookmark.url == values["url"]))).one()
""",
            ),
            Edit(
                REPOSITORY,
                "from sqlalchemy.exc",
                "from sqlalchemy.dialects.sqlite import insert\nfrom sqlalchemy.exc",
            ),
        ],
        caught_by=SAME,
        says="nothing is changed",
    ),
    Mistake(
        name="looks, then saves, and has no constraint",
        edits=[
            Edit(REPOSITORY, SAVING, LOOKING),
            Edit(MODELS, "mapped_column(String(2048), unique=True)", "mapped_column(String(2048))"),
        ],
        caught_by=SAME,
        says="it needs a constraint",
    ),
    Mistake(
        name="begins with a look, in a transaction that cannot go on",
        edits=[
            Edit(
                DATABASE,
                """    @event.listens_for(engine.sync_engine, "savepoint")
    def begin_first(connection: Any, name: Any) -> None:
        # The driver begins a transaction before the first change, but not before a savepoint: the end of that savepoint
        # would commit.
        if not connection.connection.dbapi_connection.driver_connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
""",
                """        connection.isolation_level = None

    first = iter(["BEGIN IMMEDIATE"])  # for the tables

    @event.listens_for(engine.sync_engine, "begin")
    def begin_first(connection: Any) -> None:
        connection.exec_driver_sql(next(first, "BEGIN"))
""",
            ),
            Edit(DATABASE, "        cursor.close()\n\n", "        cursor.close()\n"),
            Edit(REPOSITORY, SAVING, LOOKING),
        ],
        caught_by=SAME,
        says="cannot go on when another one has written meanwhile",
    ),
]

MISTAKES = ON_WHAT_IS_KEPT + ON_PROMISES + ON_MANY_AT_ONCE
