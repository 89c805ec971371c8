"""Typical wrong answers to lesson 04."""

from workshop.mistakes import Edit, Mistake

CONFIG = "shelf/config.py"
DEPENDENCIES = "shelf/dependencies.py"
MAIN = "shelf/main.py"
REFRESH = "shelf/refresh.py"

TYPED = "test_settings_come_typed_from_the_environment"
FILE = "test_a_file_speaks_where_the_environment_is_silent"
BAD = "test_a_bad_setting_stops_the_start"
POOL = "test_fifty_checks_reuse_a_handful_of_connections"
COOKIE = "test_what_one_check_was_given_the_next_does_not_send"
CLOSED = "test_everything_opened_is_closed_at_shutdown"
APPS = "test_two_apps_in_one_process_share_nothing"
REPLACED = "test_a_dependency_can_be_replaced_from_outside"

LISTED = "    cors_origins: CommaList = []\n"
DEBUG = "    debug: bool = False\n"
HIDING = ", hide_input_in_errors=True)"
LOADING = """    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()]
        raise SettingsError("; ".join(faults)) from None
"""
STARTING = """try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Shelf cannot start. {error}")
"""
OPENING = """        async with open_session() as session:
            app.state.resources = Resources(settings, Store(), session)
            yield
"""
READER = """async def get_page_reader(resources: ResourcesDep, settings: SettingsDep) -> PageReader:
    \"\"\"Return a reader of pages; all readers of this app share its connections.\"\"\"
    return PageReader(resources.session, settings.page_seconds)
"""
SETTINGS = """async def get_settings(resources: ResourcesDep) -> Settings:
    \"\"\"Return the settings of this app.\"\"\"
    return resources.settings
"""
OWN_SESSION = "from shelf.pages import PageReader, open_session\n"
PAGES = "from shelf.pages import PageReader\n"
LIMIT = "    work = _fetch_all(reader, settings.refresh_at_once, attempted, wanted.strict, failed)\n"

ON_SETTINGS = [
    Mistake(
        name="leaves the list of origins a string",
        edits=[Edit(CONFIG, LISTED, '    cors_origins: str = ""\n')],
        caught_by=TYPED,
        says="`in` finds every piece of a string",
    ),
    Mistake(
        name="lets pydantic-settings take the list for JSON",
        edits=[Edit(CONFIG, "CommaList = Annotated[list[str], NoDecode, B", "CommaList = Annotated[list[str], B")],
        caught_by=TYPED,
        says="takes the text of a list for JSON",
    ),
    Mistake(
        name="splits the list and keeps the blanks",
        edits=[
            Edit(
                CONFIG,
                '[part.strip() for part in value.split(",") if part.strip()]',
                '[part for part in value.split(",") if part]',
            )
        ],
        caught_by=TYPED,
        says="keep the blanks around them",
    ),
    Mistake(
        name="takes every text for true",
        edits=[Edit(CONFIG, DEBUG, "    debug: Annotated[bool, BeforeValidator(bool)] = False\n")],
        caught_by=TYPED,
        says="`bool` of any text but the empty one is true",
    ),
    Mistake(
        name="lets every origin in",
        edits=[Edit(MAIN, "allow_origins=settings.cors_origins", 'allow_origins=["*"]')],
        caught_by=TYPED,
        says="all are let in",
    ),
    Mistake(
        name="refuses what it does not know in the file",
        edits=[Edit(CONFIG, ' extra="ignore",', "")],
        caught_by=FILE,
        says="EDITOR_THEME, which is no setting of Shelf",
    ),
    Mistake(
        name="looks for the file beside the code",
        edits=[
            Edit(CONFIG, 'env_file=".env"', 'env_file=Path(__file__).parent / ".env"'),
            Edit(CONFIG, "from typing import Annotated\n", "from pathlib import Path\nfrom typing import Annotated\n"),
        ],
        caught_by=FILE,
        says="looked for in another folder",
    ),
    Mistake(
        name="falls back to the defaults",
        edits=[
            Edit(
                CONFIG,
                LOADING,
                """    try:
        return Settings()
    except ValidationError as error:
        print(f"bad settings, using defaults: {error}")
        return Settings.model_construct()
""",
            )
        ],
        caught_by=BAD,
        says="starts all the same",
    ),
    Mistake(
        name="sets no bounds",
        edits=[
            Edit(CONFIG, "Seconds = Annotated[float, Field(gt=0, le=3600)]", "Seconds = float"),
            Edit(CONFIG, "Annotated[int, Field(ge=1, le=100)]", "int"),
        ],
        caught_by=BAD,
        says="starts all the same",
    ),
    Mistake(
        name="sets no upper bound",
        edits=[Edit(CONFIG, "Field(ge=1, le=100)", "Field(ge=1)")],
        caught_by=BAD,
        says="'101', and Shelf starts all the same",
    ),
    Mistake(
        name="shuts the last number out",
        edits=[Edit(CONFIG, "Field(ge=1, le=100)", "Field(ge=1, lt=100)")],
        caught_by=BAD,
        says="'100', and create_app() refuses it",
    ),
    Mistake(
        name="prints Pydantic's own error",
        edits=[
            Edit(CONFIG, LOADING, "    return Settings()\n"),
            Edit(CONFIG, HIDING, ")"),
            Edit(MAIN, STARTING, "app = create_app()\n"),
        ],
        caught_by=BAD,
        says="SECRET_KEY stands in what Shelf printed",
    ),
    Mistake(
        name="prints what was given beside what is wrong",
        edits=[Edit(CONFIG, "{one['msg']}", "{one['msg']}, not {one['input']!r}")],
        caught_by=BAD,
        says="SECRET_KEY stands in what Shelf printed",
    ),
    Mistake(
        name="shows the error that its own error came from",
        edits=[
            Edit(CONFIG, '"; ".join(faults)) from None', '"; ".join(faults)) from error'),
            Edit(CONFIG, HIDING, ")"),
            Edit(MAIN, STARTING, "app = create_app()\n"),
        ],
        caught_by=BAD,
        says="shows the error it came from",
    ),
    Mistake(
        name="does not say which setting is wrong",
        edits=[Edit(CONFIG, "{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}", "{one['msg']}")],
        caught_by=BAD,
        says="a message that names",
    ),
    Mistake(
        name="keeps the secret as plain text",
        edits=[Edit(CONFIG, "Key = Annotated[SecretStr,", "Key = Annotated[str,")],
        caught_by=BAD,
        says="`secret_key` is a plain `str`",
    ),
]

ON_CONNECTIONS = [
    Mistake(
        name="opens a session for every request and closes it",
        edits=[
            Edit(DEPENDENCIES, PAGES, OWN_SESSION),
            Edit(
                DEPENDENCIES,
                "from typing import Annotated\n",
                "from collections.abc import AsyncIterator\nfrom typing import Annotated\n",
            ),
            Edit(
                DEPENDENCIES,
                READER,
                """async def get_page_reader(settings: SettingsDep) -> AsyncIterator[PageReader]:
    async with open_session() as session:
        yield PageReader(session, settings.page_seconds)
""",
            ),
        ],
        caught_by=POOL,
        says="every request has a client of its own",
    ),
    Mistake(
        name="opens a session for every request and forgets it",
        edits=[
            Edit(DEPENDENCIES, PAGES, OWN_SESSION),
            Edit(DEPENDENCIES, "PageReader(resources.session,", "PageReader(open_session(),"),
        ],
        caught_by=CLOSED,
        says="'Unclosed client session' was printed",
    ),
    Mistake(
        name="closes the session before it is used",
        edits=[Edit(MAIN, OPENING, OPENING.replace("            yield\n", "        yield\n"))],
        caught_by=POOL,
        says="Session is closed",
    ),
    Mistake(
        name="closes the session with the first request",
        edits=[
            Edit(
                DEPENDENCIES,
                "from typing import Annotated\n",
                "from collections.abc import AsyncIterator\nfrom typing import Annotated\n",
            ),
            Edit(
                DEPENDENCIES,
                READER,
                """async def get_page_reader(mine: ResourcesDep, settings: SettingsDep) -> AsyncIterator[PageReader]:
    async with mine.session as session:
        yield PageReader(session, settings.page_seconds)
""",
            ),
        ],
        caught_by=POOL,
        says="is closed",
    ),
    Mistake(
        name="lets the shared client keep cookies",
        edits=[
            Edit(MAIN, "async with open_session() as session:", "async with aiohttp.ClientSession() as session:"),
            Edit(
                MAIN,
                "from fastapi import APIRouter, FastAPI\n",
                "import aiohttp\nfrom fastapi import APIRouter, FastAPI\n",
            ),
        ],
        caught_by=COOKIE,
        says="the client that all share keeps cookies",
    ),
    Mistake(
        name="opens at the start and never closes",
        edits=[
            Edit(
                MAIN,
                OPENING,
                "        app.state.resources = Resources(settings, Store(), open_session())\n        yield\n",
            )
        ],
        caught_by=CLOSED,
        says="nobody closes what was opened",
    ),
    Mistake(
        name="leaves the closing to the end of the interpreter",
        edits=[
            Edit(
                MAIN,
                OPENING,
                """        session = open_session()
        atexit.register(lambda: asyncio.run(session.close()))
        app.state.resources = Resources(settings, Store(), session)
        yield
""",
            ),
            Edit(MAIN, "import sys\n", "import asyncio\nimport atexit\nimport sys\n"),
        ],
        caught_by=CLOSED,
        says="connections to pages are open",
    ),
]

ON_APPS = [
    Mistake(
        name="keeps one client for the process in a module",
        edits=[
            Edit(DEPENDENCIES, PAGES, OWN_SESSION),
            Edit(
                DEPENDENCIES,
                "from typing import Annotated\n",
                "from functools import cache\nfrom typing import Annotated\n",
            ),
            Edit(
                DEPENDENCIES,
                "@dataclass(frozen=True)\n",
                "shared_session = cache(open_session)\n\n\n@dataclass(frozen=True)\n",
            ),
            Edit(DEPENDENCIES, "PageReader(resources.session,", "PageReader(shared_session(),"),
        ],
        caught_by=APPS,
        says="the second one used the connection of the first",
    ),
    Mistake(
        name="caches the settings for the process",
        edits=[
            Edit(CONFIG, "def load_settings()", "@lru_cache\ndef load_settings()"),
            Edit(
                CONFIG,
                "from typing import Annotated\n",
                "from functools import lru_cache\nfrom typing import Annotated\n",
            ),
        ],
        caught_by=APPS,
        says="settings that are read once for the process",
    ),
    Mistake(
        name="caches the settings that requests get",
        edits=[
            Edit(DEPENDENCIES, SETTINGS, "@lru_cache\ndef get_settings() -> Settings:\n    return Settings()\n"),
            Edit(
                DEPENDENCIES,
                "from typing import Annotated\n",
                "from functools import lru_cache\nfrom typing import Annotated\n",
            ),
        ],
        caught_by=APPS,
        says="PAGE_SECONDS was 60 when the first app was created",
    ),
    Mistake(
        name="reads the settings at the top of a module",
        edits=[
            Edit(
                DEPENDENCIES,
                "from shelf.config import Settings\n",
                "from shelf.config import Settings, load_settings\n",
            ),
            Edit(
                DEPENDENCIES,
                "@dataclass(frozen=True)\n",
                "settings_of_all = load_settings()\n\n\n@dataclass(frozen=True)\n",
            ),
            Edit(DEPENDENCIES, "return resources.settings", "return settings_of_all"),
        ],
        caught_by=APPS,
        says="PAGE_SECONDS was 0.3 when the second app was created",
    ),
    Mistake(
        name="reads the environment in a route",
        edits=[
            Edit(
                REFRESH, LIMIT, LIMIT.replace("settings.refresh_at_once", 'int(os.environ.get("REFRESH_AT_ONCE", "5"))')
            ),
            Edit(REFRESH, "import asyncio\n", "import asyncio\nimport os\n"),
        ],
        caught_by=APPS,
        says="the environment is read in the middle of a request",
    ),
    Mistake(
        name="makes settings anew for each request",
        edits=[Edit(DEPENDENCIES, "return resources.settings", "return Settings()")],
        caught_by=APPS,
        says="the environment is read in the middle of a request",
    ),
    Mistake(
        name="makes one store at the top of a module",
        edits=[
            Edit(MAIN, "Resources(settings, Store(), session)", "Resources(settings, store, session)"),
            Edit(MAIN, "router = APIRouter()\n", "router = APIRouter()\nstore = Store()\n"),
        ],
        caught_by=APPS,
        says="the store is made at the top level of a module",
    ),
    Mistake(
        name="fetches the reader by itself",
        edits=[
            Edit(
                "shelf/links.py",
                "from shelf.dependencies import PageReaderDep, StoreDep\n",
                "from shelf.dependencies import StoreDep\nfrom shelf.pages import PageReader\n",
            ),
            Edit(
                "shelf/links.py",
                "from fastapi import APIRouter, HTTPException, status\n",
                "from fastapi import APIRouter, HTTPException, Request, status\n",
            ),
            Edit(
                "shelf/links.py",
                "(url: str, reader: PageReaderDep, store: StoreDep)",
                "(url: str, request: Request, store: StoreDep)",
            ),
            Edit(
                "shelf/links.py",
                "    metadata = await reader.read(url)\n",
                "    resources = request.app.state.resources\n"
                "    reader = PageReader(resources.session, resources.settings.page_seconds)\n"
                "    metadata = await reader.read(url)\n",
            ),
        ],
        caught_by=REPLACED,
        says="FastAPI replaces only what it hands out",
    ),
    Mistake(
        name="hands the refresh settings that nobody can replace",
        edits=[
            Edit(REFRESH, "settings: SettingsDep", "resources: ResourcesDep"),
            Edit(
                REFRESH, "import PageReaderDep, SettingsDep, StoreDep", "import PageReaderDep, ResourcesDep, StoreDep"
            ),
            Edit(REFRESH, LIMIT, LIMIT.replace("settings.", "resources.settings.")),
            Edit(REFRESH, "asyncio.timeout(settings.", "asyncio.timeout(resources.settings."),
        ],
        caught_by=REPLACED,
        says="get_settings was replaced",
    ),
]

MISTAKES = [*ON_SETTINGS, *ON_CONNECTIONS, *ON_APPS]
