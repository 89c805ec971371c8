"""Wrong answers to lesson 14 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

DATABASE = "shelf/database.py"
PROBLEMS = "shelf/problems.py"
REPOSITORY = "shelf/bookmarks/repository.py"
ASKS = "shelf/accounts/dependencies.py"
PAGES = "shelf/pages.py"
COPYING = "shelf/transfer/copying.py"
HEALTH = "shelf/health.py"
METRICS = "shelf/metrics.py"
SESSIONS = "shelf/dependencies.py"

NEVER = "test_never_more_connections_than_configured"
FULL = "test_a_pool_that_is_used_up_is_a_503"
KILLED = "test_killed_connections_are_not_noticed"
MIX = "test_two_saves_of_a_url_do_not_mix"
SLOW = "test_slow_pages_hold_up_nobody_else"
COPY = "test_an_import_is_one_copy"
READY = "test_ready_says_which_dependency_is_down"
NUMBERS = "test_metrics_show_the_pool_and_the_latency"

SIZES = """        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_timeout,
"""
PING = "        pool_pre_ping=True,  # what has ended since it was last used is replaced, and nobody notices\n"
RAW = """    raw: Any = (await (await session.connection()).get_raw_connection()).driver_connection
"""
COPIES = """    copied = await raw.copy_records_to_table("imported", records=rows(chunks), columns=COLUMNS)
"""
STAGES = "    await session.execute(STAGE)\n"
LOCK = "    await have_account_alone(session, owner_id)\n"
ASYNCPG = "import asyncpg  # type: ignore[import-untyped, unused-ignore]\n"
STATE = """    if sessions.out >= sessions.limit:
        return "busy"  # no connection is left to ask with; those that are out get answers
"""
ASK = "        async with asyncio.timeout(SECONDS), sessions.engine.connect() as connection:\n"
COMPARE = "    if not compare_digest(shown.encode(), expected.encode()):\n"
CLOSED = """    if resources.settings.metrics_token is None:
        raise NotFoundError("this Shelf tells no metrics")
"""
ROUTE = '            route = getattr(scope.get("route"), "path", "none")\n'

MISTAKES = [
    Mistake(
        name="leaves out the overflow",
        edits=[Edit(DATABASE, "        max_overflow=max_overflow,\n", "")],
        caught_by=NEVER,
        says="the settings do not reach the pool",
    ),
    Mistake(
        name="takes both together as the size",
        edits=[
            Edit(
                DATABASE,
                SIZES,
                SIZES.replace("=pool_size,", "=pool_size + max_overflow,").replace("=max_", "=0 * max_"),
            )
        ],
        caught_by=NEVER,
        says="POOL_SIZE and MAX_OVERFLOW are taken together",
    ),
    Mistake(
        name="makes an engine for each request",
        edits=[
            Edit(
                SESSIONS,
                "    return resources.sessions\n",
                "    from sqlalchemy.ext.asyncio import create_async_engine\n\n"
                "    engine = create_async_engine(resources.settings.database_url, pool_size=1)\n"
                "    return Sessions(engine, 1)\n",
            )
        ],
        caught_by=NEVER,
        says="there is more than one pool",
    ),
    Mistake(
        name="does not dispose of the engine",
        edits=[Edit(DATABASE, "        await engine.dispose()\n", "        pass\n")],
        caught_by=NEVER,
        says="nobody disposes of the engine",
    ),
    Mistake(
        name="takes the time to wait for the time to recycle",
        edits=[Edit(DATABASE, "        pool_timeout=pool_timeout,\n", "        pool_recycle=pool_timeout,\n")],
        caught_by=FULL,
        says="POOL_TIMEOUT does not reach the pool",
    ),
    Mistake(
        name="answers Python's TimeoutError",
        edits=[
            Edit(
                PROBLEMS,
                "from sqlalchemy.exc import TimeoutError as PoolTimeoutError\n",
                "PoolTimeoutError = TimeoutError\n",
            )
        ],
        caught_by=FULL,
        says="which is no TimeoutError of Python's",
    ),
    Mistake(
        name="does not say when to come again",
        edits=[Edit(PROBLEMS, '    status.HTTP_503_SERVICE_UNAVAILABLE: {"Retry-After": "1"},\n', "")],
        caught_by=FULL,
        says="nobody says when to come again",
    ),
    Mistake(
        name="tells the caller what SQLAlchemy says",
        edits=[Edit(PROBLEMS, 'UnavailableError("Shelf is busy")', "UnavailableError(str(error))")],
        caught_by=FULL,
        says="the text of the error is sent to the caller",
    ),
    Mistake(
        name="gives connections away without a look",
        edits=[Edit(DATABASE, PING, "")],
        caught_by=KILLED,
        says="without a look whether it has ended",
    ),
    Mistake(
        name="does not lock the row",
        edits=[Edit(REPOSITORY, "refresh(known, with_for_update=True)", "refresh(known)")],
        caught_by=MIX,
        says="both have read the row before either changed it",
    ),
    Mistake(
        name="locks the row, and keeps what was read before",
        edits=[
            Edit(
                REPOSITORY,
                "            await self._session.refresh(known, with_for_update=True)\n",
                "            locked = select(Bookmark.id).filter_by(id=known.id).with_for_update()\n"
                "            await self._session.execute(locked)\n",
            )
        ],
        caught_by=MIX,
        says="both have read the row before either changed it",
    ),
    Mistake(
        name="reads the account in the session of the request",
        edits=[
            Edit(ASKS, "import SessionsDep, SettingsDep", "import SessionDep, SessionsDep, SettingsDep"),
            Edit(
                ASKS,
                "    request: Request, token: TokenDep, settings: SettingsDep, accounts: AccountsDep, keys: KeysDep\n",
                "    request: Request, token: TokenDep, settings: SettingsDep, session: SessionDep, keys: KeysDep\n",
            ),
            Edit(ASKS, "_by_token(token, settings, accounts) if", "_by_token(token, settings, session) if"),
            Edit(ASKS, "settings: Settings, accounts: AccountService) ->", "settings: Settings, session: Any) ->"),
            Edit(ASKS, "await accounts.get(read", "await session.get(Account, read"),
            Edit(ASKS, "from typing import Annotated", "from typing import Annotated, Any"),
        ],
        caught_by=SLOW,
        says="holds a connection to the end of the route",
    ),
    Mistake(
        name="limits the connections to all hosts together",
        edits=[Edit(PAGES, "limit_per_host=per_host", "limit=per_host")],
        caught_by=SLOW,
        says="the limit is one for all hosts together",
    ),
    Mistake(
        name="copies on a connection of its own",
        edits=[
            Edit(COPYING, "from typing import Any\n", f"from typing import Any\n\n{ASYNCPG}"),
            Edit(
                COPYING,
                RAW,
                '    url = session.get_bind().url.set(drivername="postgresql").render_as_string(hide_password=False)\n'
                "    raw: Any = await asyncpg.connect(url)\n"
                "    await raw.execute(str(STAGE).replace('ON COMMIT DROP', '').replace('TEMPORARY', 'UNLOGGED'))\n",
            ),
            Edit(COPYING, STAGES, ""),
            Edit(
                COPYING,
                "    note_change(session, owner_id)\n",
                "    note_change(session, owner_id)\n    await raw.close()\n",
            ),
            Edit(
                COPYING,
                '    await session.execute(TAG_BOOKMARKS, {"owner_id": owner_id})\n',
                '    await session.execute(TAG_BOOKMARKS, {"owner_id": owner_id})\n'
                '    await session.execute(text("DROP TABLE imported"))\n',
            ),
            Edit(COPYING, "from sqlalchemy.ext", "from sqlalchemy import text\nfrom sqlalchemy.ext"),
        ],
        caught_by=COPY,
        says="opens connections of its own",
    ),
    Mistake(
        name="makes the table before anything has begun the transaction",
        edits=[Edit(COPYING, STAGES, ""), Edit(COPYING, RAW, RAW + "    await raw.execute(str(STAGE))\n")],
        caught_by=COPY,
        says='relation "imported" does not exist',
    ),
    Mistake(
        name="copies chunk by chunk",
        edits=[
            Edit(
                COPYING,
                COPIES + '    count = int(copied.removeprefix("COPY "))\n',
                "    count = 0\n"
                "    async for row in rows(chunks):\n"
                '        await raw.copy_records_to_table("imported", records=[row], columns=COLUMNS)\n'
                "        count += 1\n",
            )
        ],
        caught_by=COPY,
        says="links are sent one by one, or chunk by chunk",
    ),
    Mistake(
        name="locks nothing during an import",
        edits=[Edit(COPYING, LOCK, "")],
        caught_by=COPY,
        says="both add the same rows",
    ),
    Mistake(
        name="asks the database in /health",
        edits=[
            Edit(HEALTH, "async def health() -> Health:\n", "async def health(resources: ResourcesDep) -> Health:\n"),
            Edit(
                HEALTH,
                "    return Health()\n",
                "    async with resources.sessions() as session:\n"
                "        await session.execute(select(1))\n"
                "    return Health()\n",
            ),
        ],
        caught_by=READY,
        says="/health asks a dependency",
    ),
    Mistake(
        name="is not ready without Redis",
        edits=[Edit(HEALTH, '    if database == "down":\n', '    if "down" in (database, redis):\n')],
        caught_by=READY,
        says="Redis is taken for as important as the database",
    ),
    Mistake(
        name="waits for the database for ever",
        edits=[Edit(HEALTH, ASK, "        async with sessions.engine.connect() as connection:\n")],
        caught_by=READY,
        says="has no limit of time",
    ),
    Mistake(
        name="takes a busy pool for a database that is down",
        edits=[Edit(HEALTH, STATE, "")],
        caught_by=READY,
        says="is taken for a database that is down",
    ),
    Mistake(
        name="uses the default registry",
        edits=[
            Edit(METRICS, "        self._registry = CollectorRegistry()\n", "        self._registry = REGISTRY\n"),
            Edit(METRICS, "import CollectorRegistry, ", "import REGISTRY, "),
        ],
        caught_by=NUMBERS,
        says="Duplicated timeseries",
    ),
    Mistake(
        name="takes the path as a label",
        edits=[Edit(METRICS, ROUTE, '            route = scope["path"]\n')],
        caught_by=NUMBERS,
        says="under other labels",
    ),
    Mistake(
        name="shows the numbers to everybody",
        edits=[Edit(METRICS, COMPARE, "    if False:\n")],
        caught_by=NUMBERS,
        says="everybody sees them",
    ),
    Mistake(
        name="compares what may be no ASCII",
        edits=[Edit(METRICS, COMPARE, "    if not compare_digest(shown, expected):\n")],
        caught_by=NUMBERS,
        says="Accent",
    ),
]
