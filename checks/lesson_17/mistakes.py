"""Wrong answers to lesson 17 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

SERVER = "shelf/__main__.py"
MAIN = "shelf/main.py"
CONFIG = "shelf/config.py"
DATABASE = "shelf/database.py"
KEYS = "shelf/keys/service.py"
READING = "shelf/bookmarks/reading.py"
SCHEMAS = "shelf/bookmarks/schemas.py"
PROBLEMS = "shelf/problems.py"
TAGS = "shelf/tags/router.py"
PROGRESS = "shelf/transfer/progress.py"

ENDS = "test_sigterm_finishes_what_is_under_way"
TWO = "test_two_workers_share_nothing"
CLIENTS = "test_clients_do_a_days_work"
FUZZER = "test_a_fuzzer_finds_nothing"
OPEN = "test_only_what_was_opened_is_open"
BUDGET = "test_reads_keep_their_budget"
STREAM = "test_a_progress_stream_ends_when_its_reader_leaves"

URL = 'openapi_url="/openapi.json" if settings.docs else None,  # without it there is no /docs either'
NAMES = "tag_names=sorted(names[row.id], key=str.casefold)"
READ_TAGS = """    for bookmark_id, name in connection.execute(TAGS, {"ids": list(names)}) if names else ():
        names[bookmark_id].append(name)
"""
ACCOUNT = "        return Account(**{column.name: getattr(row, column.name) for column in KNOWN})\n"
LOOK_UP = """        async with self._sessions.reading.connect() as connection:
            row = (await connection.execute(BY_HASH, {"key_hash": hash_key(key)})).first()
"""
ONE = """        async with self._sessions.reading.connect() as connection:
            return next(iter(await connection.run_sync(read)), None)
"""
REFUSED = """    if not str(getattr(error.orig, "sqlstate", "")).startswith(DATA_EXCEPTION):
        raise error
"""
STOPPED = """    try:
        yield watched
    finally:
        # Here, and not in the stream: a generator that stands at a `yield` is not told that nobody reads any more.
        task.cancel()
        await asyncio.wait([task])
"""
DONE = """        else:
            self._tell("done", created=created, updated=updated, skipped=self._sent.skipped)
"""
SAVED = "                created, updated = await save(session, self._owner_id, self._counted())\n"

MISTAKES = [
    Mistake(
        name="waits for everybody, for ever",
        edits=[Edit(SERVER, "        timeout_graceful_shutdown=settings.shutdown_seconds,\n", "")],
        caught_by=ENDS,
        says="nothing bounds that",
    ),
    Mistake(
        name="handles the signal itself",
        edits=[
            Edit(MAIN, "import sys\n", "import os\nimport signal\nimport sys\n"),
            Edit(
                MAIN,
                "            counted.watch(sessions)\n",
                "            counted.watch(sessions)\n"
                "            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n",
            ),
        ],
        caught_by=ENDS,
        says="something ends the process as soon as the signal comes",
    ),
    Mistake(
        name="forgets the workers",
        edits=[Edit(SERVER, "        workers=settings.workers,\n", "")],
        caught_by=TWO,
        says="the server is not told how many there are to be",
    ),
    Mistake(
        name="hands over the app itself",
        edits=[
            Edit(SERVER, '"shelf.main:app",  # by its name: each worker imports it anew', "app,"),
            Edit(SERVER, "from shelf.config", "from shelf.main import app\nfrom shelf.config"),
        ],
        caught_by=TWO,
        says="You must pass the application as an import string",
    ),
    Mistake(
        name="keeps accounts in the memory of the process",
        edits=[
            Edit(KEYS, LOOK_UP, f"        if key in _known:\n            return _known[key]\n{LOOK_UP}"),
            Edit(KEYS, ACCOUNT, ACCOUNT.replace("return", "_known[key] =") + "        return _known[key]\n"),
            Edit(KEYS, "\n\nclass KeyService:", "\n_known: dict[str, Account] = {}\n\n\nclass KeyService:"),
        ],
        caught_by=TWO,
        says="accounts are kept in the memory of a process",
    ),
    Mistake(
        name="keeps bookmarks in the memory of the process",
        edits=[
            Edit(
                READING,
                ONE,
                """        known = (self._owner_id, bookmark_id)
        if known not in _kept:
            async with self._sessions.reading.connect() as connection:
                _kept[known] = next(iter(await connection.run_sync(read)), None)
        return _kept[known]
""",
            ),
            Edit(
                READING,
                "\n\nclass BookmarkReader:",
                "\n_kept: dict[tuple[int, int], BookmarkResponse | None] = {}\n\n\nclass BookmarkReader:",
            ),
        ],
        caught_by=TWO,
        says="what was read once is kept in the memory of a process",
    ),
    Mistake(
        name="takes a lower limit in silence",
        edits=[Edit(TAGS, "await lists.page(limit, offset)", "await lists.page(min(limit, 1000), offset)")],
        caught_by=CLIENTS,
        says="a lower limit is taken in silence",
    ),
    Mistake(
        name="closes one way in",
        edits=[
            Edit(PROBLEMS, "    DBAPIError: answer_refused,\n", ""),
            Edit(
                SCHEMAS,
                "Title = Annotated[str, Field(max_length=512)]",
                'Title = Annotated[str, Field(max_length=512, pattern=r"^[^\\x00]*$")]',
            ),
        ],
        caught_by=FUZZER,
        says="PostgreSQL keeps no text with a NUL in it",
    ),
    Mistake(
        name="tells every error of the database as the caller's",
        edits=[Edit(PROBLEMS, REFUSED, "")],
        caught_by=OPEN,
        says="an error of the database is told as one of the caller's",
    ),
    Mistake(
        name="closes /docs and leaves the schema",
        edits=[Edit(MAIN, URL, "docs_url=None, redoc_url=None,")],
        caught_by=OPEN,
        says="FastAPI tells it unless it is asked not to",
    ),
    Mistake(
        name="turns the switch the wrong way",
        edits=[Edit(MAIN, URL, 'openapi_url=None if settings.docs else "/openapi.json",')],
        caught_by=OPEN,
        says="the switch works the other way round",
    ),
    Mistake(
        name="has a secret for those who have none",
        edits=[
            Edit(
                CONFIG,
                "    secret_key: Key\n",
                '    secret_key: Key = SecretStr("change me in production, please!!")\n',
            )
        ],
        caught_by=OPEN,
        says="there is a default for it",
    ),
    Mistake(
        name="does without Redis where its token is missing",
        edits=[Edit(CONFIG, "        if (self.upstash_redis_rest_url is None)", "        if False and (self is None)")],
        caught_by=OPEN,
        says="half of an account is taken for none",
    ),
    Mistake(
        name="begins transactions all the same",
        edits=[
            Edit(
                DATABASE,
                'level: dict[str, Any] = {} if url.startswith("sqlite") else {"isolation_level": "AUTOCOMMIT"}',
                "level: dict[str, Any] = {}",
            )
        ],
        caught_by=BUDGET,
        says="although each only reads",
    ),
    Mistake(
        name="spares transactions after the ping has begun one",
        edits=[
            Edit(
                DATABASE,
                'level: dict[str, Any] = {} if url.startswith("sqlite") else {"isolation_level": "AUTOCOMMIT"}',
                "level: dict[str, Any] = {}",
            ),
            Edit(DATABASE, 'writing = engine.execution_options(isolation_level="READ COMMITTED")', "pass"),
            Edit(
                DATABASE,
                "yield Sessions(writing, engine, ",
                'yield Sessions(writing, engine.execution_options(isolation_level="AUTOCOMMIT"), ',
            ),
        ],
        caught_by=BUDGET,
        says="or by the ping",
    ),
    Mistake(
        name="asks for the tags of each bookmark",
        edits=[
            Edit(
                READING,
                READ_TAGS,
                """    for row in rows:
        for _, name in connection.execute(TAGS, {"ids": [row.id]}):
            names[row.id].append(name)
""",
            )
        ],
        caught_by=BUDGET,
        says="a statement for each bookmark",
    ),
    Mistake(
        name="reads all columns",
        edits=[
            Edit(
                READING,
                " if column.name in BookmarkResponse.model_fields]",
                "]",
            )
        ],
        caught_by=BUDGET,
        says="all columns are read",
    ),
    Mistake(
        name="leaves the tags as they come",
        edits=[Edit(READING, NAMES, "tag_names=names[row.id][::-1]")],
        caught_by=BUDGET,
        says="tags come in another order",
    ),
    Mistake(
        name="lets the import go on alone",
        edits=[Edit(PROGRESS, STOPPED, "    yield watched\n    await asyncio.wait([task])\n")],
        caught_by=STREAM,
        says="a task does the work, and nobody stops it",
    ),
    Mistake(
        name="says that it is done before it is",
        edits=[
            Edit(PROGRESS, DONE, ""),
            Edit(
                PROGRESS,
                SAVED,
                SAVED
                + '                self._tell("done", created=created, updated=updated, skipped=self._sent.skipped)\n',
            ),
        ],
        caught_by=STREAM,
        says="the event is sent inside of the transaction",
    ),
    Mistake(
        name="sends all progress in the end",
        edits=[
            Edit(PROGRESS, "            event = await self._events.get()\n", ""),
            Edit(
                PROGRESS,
                "        while True:\n",
                '        told = []\n        while not told or told[-1].event == "progress":\n'
                "            told.append(await self._events.get())\n        for event in told:\n",
            ),
        ],
        caught_by=STREAM,
        says="the events are collected",
    ),
]
