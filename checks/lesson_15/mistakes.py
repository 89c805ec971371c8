"""Suites that people and language models really write, and the step that tells what is wrong with each."""

from workshop.mistakes import Edit, Mistake

CONFTEST = "tests/conftest.py"
VALIDATION = "tests/test_validation.py"
OWNERSHIP = "tests/test_ownership.py"
TRANSACTIONS = "tests/test_transactions.py"
QUERIES = "tests/test_queries.py"
CACHING = "tests/test_caching.py"
ERRORS = "tests/test_errors.py"

GOOD = "test_the_suite_passes_on_the_good_service"
AGAIN = "test_it_passes_again_in_any_order_and_leaves_nothing"
FAMILY = "test_bugs_of_{}_are_caught"

URL = """    return f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('database') / 'shelf.db'}"
"""
SET = """    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("SECRET_KEY", "a key for tests, and for nothing but tests")
        command.upgrade(Config(SHELF / "alembic.ini"), "head")
        from shelf.main import app  # only now: it is made while it is imported, and needs the settings
    return app
"""
UNSET = """    os.environ["DATABASE_URL"] = database_url
    os.environ["SECRET_KEY"] = "a key for tests, and for nothing but tests"
    command.upgrade(Config(SHELF / "alembic.ini"), "head")
    from shelf.main import app

    return app
"""
ASKS = '''"""Nothing but questions."""


async def test_it(ann):
    await ann.get("/api/bookmarks/")
'''
FILES = (VALIDATION, OWNERSHIP, TRANSACTIONS, QUERIES, CACHING, ERRORS)

MISTAKES = [
    Mistake(
        name="waits for what will surely have happened by then",
        edits=[
            Edit(CACHING, "from actions import", "import asyncio\n\nfrom actions import"),
            Edit(CACHING, "    redis.down = True\n", "    redis.down = True\n    await asyncio.sleep(0.05)\n"),
        ],
        caught_by=GOOD,
        says="sleeps: asyncio.sleep(0.05)",
    ),
    Mistake(
        name="expects 200 of everything",
        edits=[Edit(VALIDATION, "assert answer.status_code == 422, name", "assert answer.status_code == 200, name")],
        caught_by=GOOD,
        says="it expects what Shelf does not promise",
    ),
    Mistake(
        name="imports the app at the top of conftest.py",
        edits=[
            Edit(
                CONFTEST,
                "from shelf.kept_pages import",
                "from shelf.main import app as shelf\nfrom shelf.kept_pages import",
            )
        ],
        caught_by=GOOD,
        says="ended while files were imported: Shelf cannot start. SECRET_KEY",
    ),
    Mistake(
        name="leaves the mode of pytest-asyncio as it is",
        files={"pytest.toml": '[pytest]\ntestpaths = ["tests"]\npythonpath = ["."]\n'},
        caught_by=GOOD,
        says="what they share is the first suspect",
    ),
    Mistake(
        name="lets the errors of the app come out of the client",
        edits=[Edit(CONFTEST, "ASGITransport(app, raise_app_exceptions=False)", "ASGITransport(app)")],
        caught_by=GOOD,
        says="RuntimeError: secret words of the inside",
    ),
    Mistake(
        name="calls its files what pytest does not look for",
        files=dict.fromkeys(FILES, "") | {"tests/validation.py": "def test_it():\n    assert True\n"},
        caught_by=GOOD,
        says="There is no test",
    ),
    Mistake(
        name="starts the server at the top of a test file, and waits for it",
        files={"tests/test_live.py": "import threading\n\nthreading.Event().wait()\n"},
        caught_by=GOOD,
        says="comes to no end",
    ),
    Mistake(
        name="works on the database of the developer",
        edits=[Edit(CONFTEST, URL, "    return f\"sqlite+aiosqlite:///{SHELF / 'shelf.db'}\"\n")],
        caught_by=AGAIN,
        says="The tests have changed shelf.db",
    ),
    Mistake(
        name="has a database at one place for all runs",
        edits=[
            Edit(CONFTEST, "from collections.abc", "import tempfile\nfrom collections.abc"),
            Edit(CONFTEST, URL, '    return f"sqlite+aiosqlite:///{tempfile.gettempdir()}/shelf-tests.db"\n'),
        ],
        caught_by=AGAIN,
        says="shelf-tests.db (in the home or in the folder for temporary files)",
    ),
    Mistake(
        name="has a database at one place, and tidies up",
        edits=[
            Edit(
                CONFTEST,
                "from collections.abc import AsyncIterator",
                "import tempfile\nfrom collections.abc import AsyncIterator",
            ),
            Edit(
                CONFTEST,
                "def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:",
                "def database_url() -> Iterator[str]:",
            ),
            Edit(
                CONFTEST,
                URL,
                '    file = Path(tempfile.gettempdir(), "shelf-tests.db")\n'
                '    yield f"sqlite+aiosqlite:///{file}"\n'
                "    file.unlink(missing_ok=True)\n",
            ),
        ],
        caught_by=AGAIN,
        says="Or two processes use the same file or port",
    ),
    Mistake(
        name="sets the environment and never sets it back",
        edits=[Edit(CONFTEST, "import pytest\n", "import os\n\nimport pytest\n"), Edit(CONFTEST, SET, UNSET)],
        caught_by=AGAIN,
        says="environment variables are others than before: DATABASE_URL, SECRET_KEY",
    ),
    Mistake(
        name="needs the test before",
        files={
            "tests/test_order.py": '"""One after the other."""\n\nSAVED = []\n\n\n'
            'async def test_1_saves(ann):\n    answer = await ann.post("/api/tags/", json={"name": "a"})\n'
            "    SAVED.append(answer.json())\n    assert SAVED\n\n\n"
            'def test_2_is_saved():\n    assert SAVED[0]["name"] == "a"\n'
        },
        caught_by=AGAIN,
        says="one test finds what another one has left, or needs it",
    ),
    Mistake(
        name="starts a process and forgets it",
        files={
            "tests/test_live.py": "import subprocess\nimport sys\n\n\n"
            "def test_it():\n    program = 'import time; time.sleep(60)'\n"
            "    assert subprocess.Popen([sys.executable, '-c', program]).pid\n"
        },
        caught_by=AGAIN,
        says="these processes still run",
    ),
    Mistake(
        name="asserts nothing",
        files=dict.fromkeys(FILES, ASKS) | {"tests/actions.py": ""},
        caught_by=FAMILY.format("validation"),
        says="the tests assert nothing",
    ),
    Mistake(
        name="catches what it asserts",
        files={
            ERRORS: '"""As language models like it."""\n\n\nasync def test_an_error(client):\n    try:\n'
            '        answer = await client.get("/api/bookmarks/")\n        assert answer.headers["www-authenticate"]\n'
            "    except Exception as error:\n        print(f'not available: {error}')\n"
        },
        caught_by=FAMILY.format("errors"),
        says="Of 3 bugs of errors",
    ),
    Mistake(
        name="sends only what is right",
        files={
            VALIDATION: '"""What is right."""\n\nfrom actions import save\n\n\n'
            'async def test_saves(ann):\n    saved = await save(ann, "https://example.com/", tag_names=["a"])\n'
            '    assert saved["tag_names"] == ["a"]\n'
        },
        caught_by=FAMILY.format("validation"),
        says="nothing that is nearly fine",
    ),
    Mistake(
        name="asks in the name of Ann alone",
        files={
            OWNERSHIP: '"""Ann\'s."""\n\nfrom actions import save, urls\n\n\n'
            "async def test_ann_sees_her_own(ann):\n"
            '    await save(ann, "https://example.com/")\n    assert await urls(ann) == ["https://example.com/"]\n'
        },
        caught_by=FAMILY.format("ownership"),
        says="everything is asked for by its owner",
    ),
    Mistake(
        name="looks at bookmarks by their number, and at nothing else",
        files={
            OWNERSHIP: '"""Ben\'s."""\n\nfrom actions import BOOKMARKS, save\n\n\n'
            'async def test_ben_sees_none(ann, ben):\n    saved = await save(ann, "https://example.com/")\n'
            "    assert (await ben.get(f\"{BOOKMARKS}{saved['id']}/\")).status_code == 404\n"
        },
        caught_by=FAMILY.format("ownership"),
        says="Of 4 bugs of ownership that were planted one by one, 3 were not noticed",
    ),
    Mistake(
        name="believes the answer",
        files={
            TRANSACTIONS: '"""Answers."""\n\nfrom actions import save\n\n\n'
            "async def test_saves(ann):\n    for title in ('old', 'new'):\n"
            '        assert await save(ann, "https://example.com/", title=title)\n'
        },
        caught_by=FAMILY.format("transactions"),
        says="what an answer says is believed",
    ),
    Mistake(
        name="lists a single row",
        files={
            QUERIES: '"""A list."""\n\nfrom actions import save, urls\n\n\n'
            'async def test_lists(ann):\n    await save(ann, "https://example.com/", title="100%")\n'
            '    assert await urls(ann, q="100%") == ["https://example.com/"]\n'
        },
        caught_by=FAMILY.format("queries"),
        says="there are too few rows for a wrong query to show",
    ),
    Mistake(
        name="turns the cache off for the tests",
        edits=[Edit(CONFTEST, 'cache = Cache(cast("Any", redis), 1)', "cache = Cache(None, 1)")],
        files={
            CACHING: '"""Tags."""\n\nfrom actions import save, tag_counts\n\n\n'
            'async def test_lists(ann):\n    await save(ann, "https://example.com/", tag_names=["a", "b"])\n'
            '    assert await tag_counts(ann, limit=1) == {"a": 1}\n'
            '    await save(ann, "https://example.org/", tag_names=["a"])\n'
            '    assert await tag_counts(ann, limit=2) == {"a": 2, "b": 1}\n'
        },
        caught_by=FAMILY.format("caching"),
        says="the cache of the tests is empty, or not there at all",
    ),
]
