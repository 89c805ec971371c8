"""Lesson 08: what can be done with bookmarks can be done without HTTP."""

import random

from workshop.testbed import because

SERVICE = "shelf/bookmarks/service.py, and 'Who knows what' in the lesson."
LAYERS = ("service.py", "repository.py")


def test_services_and_repositories_know_no_http(shelf):
    """Services and repositories work in a process that has no FastAPI and no Starlette."""
    found = shelf.ask(look_around, LAYERS)
    here = [each["file"] for each in found["files"]]
    assert "shelf/bookmarks/service.py" in here, because(
        saw=f"Of services and repositories there are {', '.join(here) or 'none'}.",
        expected="shelf/bookmarks/service.py among them.",
        cause="it was moved or renamed; the lesson names it.",
        look=SERVICE,
    )
    for each in found["files"]:
        assert not each["failed"], because(
            saw=f"FastAPI and Starlette cannot be imported, and neither can {each['file']}: {each['failed']}",
            expected="an import: what a service or a repository needs, it imports from elsewhere.",
            cause=f"{each['culprit'] or each['file']} imports HTTP.",
            look=f"{each['culprit'] or each['file']}, and 'Who knows what' in the lesson.",
        )
        assert not each["late"], because(
            saw=f"{each['file']} imports {each['late']}, though not at once.",
            expected="no import of it at all: the rule is about what a layer knows, not about when.",
            cause="the import was only moved out of sight.",
            look=f"{each['file']}, and 'Who knows what' in the lesson.",
        )
    missing = random.randint(10**6, 10**9)
    got = shelf.ask(get_without_http, missing)
    assert got == "NotFoundError", because(
        saw=f"`await BookmarkService(BookmarkRepository(session)).get({missing})` without FastAPI: {got}",
        expected="it raises NotFoundError of shelf/errors.py: there is no such bookmark.",
        cause="the service answers a request instead of saying what is wrong, or its names are other ones.",
        look=SERVICE,
    )


def look_around(names):
    """Runs inside the service: what becomes of each file with one of these names in a process without HTTP."""
    import ast
    import json
    import subprocess
    import sys
    from pathlib import Path

    import shelf

    code = """if True:
        import importlib, json, sys, traceback
        class NoHttp:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("fastapi", "starlette"):
                    raise ImportError("there is no " + name)
        sys.meta_path.insert(0, NoHttp())
        sys.path.insert(0, sys.argv[1])
        told = {}
        for name in sys.argv[2:]:
            try:
                importlib.import_module(name)
                told[name] = ["", ""]
            except BaseException as error:
                places = [each.filename for each in traceback.extract_tb(error.__traceback__)]
                own = [each for each in places if each.startswith(sys.argv[1])]
                told[name] = [f"{type(error).__name__}: {error}", own[-1] if own else ""]
        print(json.dumps(told))
    """
    root = Path(shelf.__file__).parent.parent
    files = sorted(file for name in names for file in root.joinpath("shelf").rglob(name))
    modules = {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}
    command = [sys.executable, "-c", code, str(root), *modules]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout) if done.returncode == 0 else {key: [done.stderr[-300:], ""] for key in modules}

    def short(file):
        return Path(file).relative_to(root).as_posix() if file else ""

    def imported(file):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""

    def late(file):
        return next((name for name in imported(file) if name.partition(".")[0] in ("fastapi", "starlette")), "")

    return {
        "files": [
            {"file": short(file), "failed": told[name][0], "culprit": short(told[name][1]), "late": late(file)}
            for name, file in modules.items()
        ]
    }


def get_without_http(bookmark_id):
    """Runs inside the service: what a service raises, in a process without HTTP, for a bookmark that is not there."""
    import subprocess
    import sys
    from pathlib import Path

    import shelf

    code = """if True:
        import asyncio, os, sys
        sys.modules.update(fastapi=None, starlette=None)
        sys.path.insert(0, sys.argv[1])
        async def get():
            from inspect import signature
            from shelf.bookmarks.repository import BookmarkRepository
            from shelf.bookmarks.service import BookmarkService
            from shelf.database import open_database
            async with open_database(os.environ["DATABASE_URL"]) as sessions, sessions() as session:
                more = [1] * (len(signature(BookmarkRepository).parameters) - 1)  # from lesson 09 on: whose bookmarks
                return await BookmarkService(BookmarkRepository(session, *more)).get(int(sys.argv[2]))
        try:
            print(f"it returned {asyncio.run(get())!r}")
        except BaseException as error:
            known = type(error).__module__ == "shelf.errors"
            print(type(error).__name__ if known else f"{type(error).__name__}: {error}")
    """
    command = [sys.executable, "-c", code, str(Path(shelf.__file__).parent.parent), str(bookmark_id)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return (done.stdout or done.stderr).strip()[-300:]
