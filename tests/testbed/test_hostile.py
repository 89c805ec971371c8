"""Services that fail in every way a learner's can: each ends in a clear sentence within seconds.

What the learner reads is kept in `words/`. After a change on purpose, delete the file there and run the test twice:
the first run writes it anew (and fails), so that the new words are read before they are kept.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from workshop.report import PARTS
from workshop.testbed.reason import Reason, StepFailed
from workshop.testbed.service import Service

WORDS = Path(__file__).parent / "words"
HEAD = """from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "healthy"}

"""


class Case(NamedTuple):
    """A service, and the request that meets its fault."""

    main: str
    path: str = "/health"


def route(body: str) -> str:
    """A service with one more route, `/x`."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'{HEAD}\n@app.get("/x")\nasync def x() -> int:\n{lines}\n'


CASES = {
    "syntax_error": Case("from fastapi import FastAPI\n\napp = FastAPI(\n\n\nasync def health():\n    return {}\n"),
    "indentation_error": Case(HEAD + "\ndef broken():\nreturn 1\n"),
    "missing_module": Case("import fastapy\n"),
    "missing_name": Case("from fastapi import FastApi\n"),
    "missing_own_module": Case("from shelf.nowhere import app\n"),
    "endless_loop_at_import": Case(HEAD + "while True:\n    pass\n"),
    "waits_at_import": Case(HEAD + "import time\n\ntime.sleep(3600)\n"),
    "server_started_at_import": Case(HEAD + "import uvicorn\n\nuvicorn.run(app, port=0)\n"),
    "error_at_import": Case(HEAD + "print(app.state.nothing)\n"),
    "endless_loop_in_a_route": Case(route("while True:\n    pass"), "/x"),
    "blocking_call_in_a_route": Case(route("import time\ntime.sleep(3600)"), "/x"),
    "error_in_a_route": Case(route("return 1 // 0"), "/x"),
    "sys_exit_at_import": Case(HEAD + "import sys\n\nsys.exit(3)\n"),
    "sys_exit_in_a_route": Case(route("import sys\nsys.exit(3)"), "/x"),
    "os_exit_at_import": Case(HEAD + "import os\n\nos._exit(0)\n"),
    "os_exit_in_a_route": Case(route("import os\nos._exit(0)"), "/x"),
    "recursion_at_import": Case(HEAD + "def down() -> int:\n    return down()\n\n\ndown()\n"),
    "recursion_in_a_route": Case(route("def down() -> int:\n    return down()\nreturn down()"), "/x"),
    "segfault_in_a_route": Case(route("import ctypes\nreturn ctypes.string_at(0)[0]"), "/x"),
    "prints_a_gigabyte": Case(route('for _ in range(1024):\n    print("x" * 1024 * 1024)\nreturn 1'), "/x"),
    "prints_a_gigabyte_at_import": Case('for _ in range(1024):\n    print("x" * 1024 * 1024)\n' + HEAD),
    "no_app": Case(HEAD.replace("app", "application")),
    "no_such_route": Case(HEAD, "/api/bookmarks/"),
    "port_is_taken": Case(
        HEAD + "import socket\n\nfirst, second = socket.socket(), socket.socket()\n"
        'first.bind(("127.0.0.1", 0))\nfirst.listen()\nsecond.bind(first.getsockname())\n'
    ),
    "error_at_startup": Case(
        HEAD.replace("FastAPI()", "FastAPI(lifespan=life)").replace(
            "\napp",
            "\n\nasync def life(app):\n    raise ValueError('no secret set')\n    yield\n\n\napp",
        )
    ),
}


POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in other ways")


def services_folder(folder: Path, main: str) -> Path:
    """Write a service and return its folder."""
    (folder / "shelf").mkdir(parents=True)
    (folder / "shelf" / "__init__.py").write_text("")
    (folder / "shelf" / "main.py").write_text(main)
    return folder


def failure(folder: Path, data: Path, path: str) -> Reason:
    """Start the service in `folder`, ask for `path`, and return what the learner reads when that fails."""
    service = Service(folder, data)
    try:
        with pytest.raises(StepFailed) as failed:
            service.must_run().get(path).expect(200)
        return failed.value.reason
    finally:
        service.close()


def assert_reads(name: str, reason: Reason, folder: Path) -> None:
    """Compare what the learner reads with what is kept in `words/`."""
    text = "\n".join(f"{label}: {getattr(reason, part)}" for part, label in PARTS.items()) + "\n"
    text = re.sub(r"\('127\.0\.0\.1', \d+\)", "(HOST, PORT)", text.replace(str(folder), "FOLDER"))
    text = re.sub(r"\[Errno \d+\]", "[Errno N]", text)
    kept = WORDS / f"{name}.txt"
    if not kept.exists():
        kept.write_text(text)
        pytest.fail(f"{kept.name} was missing and is written now; read it:\n{text}")
    assert text == kept.read_text()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=POSIX_ONLY) if name.startswith("segfault") else name for name in CASES]
)
def test_a_broken_service_ends_in_a_clear_sentence(name: str, tmp_path: Path) -> None:
    """Seen, expected, cause and place: the words are the ones kept for the case."""
    folder = services_folder(tmp_path / "work", CASES[name].main)
    assert_reads(name, failure(folder, tmp_path, CASES[name].path), folder)


def test_an_empty_folder(tmp_path: Path) -> None:
    """An empty folder is said to be one, with the command that fills it."""
    folder = tmp_path / "work"
    folder.mkdir()
    assert_reads("empty_folder", failure(folder, tmp_path, "/health"), folder)


def test_a_missing_main(tmp_path: Path) -> None:
    """A missing main.py is named."""
    folder = services_folder(tmp_path / "work", HEAD)
    (folder / "shelf" / "main.py").unlink()
    assert_reads("missing_main", failure(folder, tmp_path, "/health"), folder)


def test_a_folder_without_rights(tmp_path: Path) -> None:
    """A folder that may not be read is said to be one. Root may read everything, so root's right to is dropped."""
    folder = services_folder(tmp_path / "work", HEAD)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r});{PRINT_FAILURE}"]
    if os.name == "nt":
        pytest.skip("Windows keeps rights in another way")
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may read everything, and there is no setpriv to take that from it")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    (folder / "shelf").chmod(0)
    try:
        told = subprocess.run([*command, str(folder), str(tmp_path)], capture_output=True, text=True, timeout=60)
    finally:
        (folder / "shelf").chmod(0o755)
    assert told.returncode == 0, told.stderr
    assert_reads("folder_without_rights", Reason(*told.stdout.split("\0")), folder)


PRINT_FAILURE = (
    "from pathlib import Path; from test_hostile import failure;"
    "r = failure(Path(sys.argv[1]), Path(sys.argv[2]), '/health');"
    "print(r.saw, r.expected, r.cause, r.look, sep='\\0', end='')"
)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[Service]]:
    """A list; services put into it are closed after the test."""
    services: list[Service] = []
    yield services
    for service in services:
        service.close()


LEAVES_THREADS_AND_CHILDREN = """import subprocess
import sys
import threading
import time

threading.Thread(target=time.sleep, args=(3600,)).start()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
"""


@POSIX_ONLY
def test_threads_and_children_end_with_the_service(tmp_path: Path, running: list[Service]) -> None:
    """A thread and a child process that a service leaves behind neither fail it nor outlive it."""
    folder = services_folder(tmp_path / "work", HEAD + LEAVES_THREADS_AND_CHILDREN)
    service = Service(folder, tmp_path)
    running.append(service)

    def child_number() -> int:
        from shelf.main import child

        return child.pid

    service.must_run().get("/health").expect(200)
    child = service.ask(child_number)
    service.close()

    assert not is_alive(child)
    assert not is_alive(service.process.pid)


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped; gives it a moment to go."""
    for _ in range(200):
        found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not found or found.startswith("Z"):
            return False
        time.sleep(0.02)
    return True


def test_a_failed_service_does_not_disturb_the_next(tmp_path: Path, running: list[Service]) -> None:
    """After a service that killed itself the next one starts as if nothing had been."""
    bad = services_folder(tmp_path / "bad", CASES["os_exit_at_import"].main)
    good = services_folder(tmp_path / "good", HEAD)
    failure(bad, tmp_path, "/health")

    service = Service(good, tmp_path)
    running.append(service)

    service.must_run().get("/health").expect(200)


@POSIX_ONLY
def test_a_service_whose_grader_dies_ends(tmp_path: Path) -> None:
    """A service notices that nobody listens any more, however its grader ended."""
    folder = services_folder(tmp_path / "work", HEAD)
    code = (
        "import os, sys; from pathlib import Path; from workshop.testbed.service import Service;"
        "s = Service(Path(sys.argv[1]), Path(sys.argv[2])); print(s.process.pid, flush=True); os._exit(0)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(folder), str(tmp_path)], capture_output=True, text=True)
    assert not is_alive(int(told.stdout))


def test_no_bytecode_is_written_or_believed(tmp_path: Path, running: list[Service]) -> None:
    """Two saves of equal size within a second both count, and no `__pycache__` appears beside a learner's files."""
    folder = services_folder(tmp_path / "work", HEAD)
    main = folder / "shelf" / "main.py"
    seen = []
    for word in ("healthy", "wealthy"):
        main.write_text(HEAD.replace("healthy", word))
        os.utime(main, (1_000_000_000, 1_000_000_000))
        running.append(Service(folder, tmp_path))
        seen.append(running[-1].must_run().get("/health")["status"])

    assert seen == ["healthy", "wealthy"]
    assert not list(folder.rglob("__pycache__"))


def test_the_environment_of_the_grader_stays_outside(
    tmp_path: Path, running: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a learner or an editor has set for pytest does not reach the service."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///precious.db")
    running.append(Service(services_folder(tmp_path / "work", HEAD), tmp_path, env={"DEBUG": "1"}))

    def environment() -> list[str]:
        import os

        return sorted(os.environ)

    names = running[-1].must_run().ask(environment)
    assert {"PYTEST_ADDOPTS", "DATABASE_URL"}.isdisjoint(names)
    assert {"DEBUG", "PATH"} <= set(names)


def test_a_cold_start_imports_only_what_the_service_imports(tmp_path: Path, running: list[Service]) -> None:
    """A cold process has not imported what the warm one has."""
    folder = services_folder(tmp_path / "work", HEAD)
    running.append(Service(folder, tmp_path, warm=False))

    def has_been_imported(name: str) -> bool:
        import sys

        return name in sys.modules

    cold = running[-1].must_run()
    assert not any(cold.ask(has_been_imported, name) for name in ("pytest", "httpx2", "sqlalchemy", "aiohttp"))


def test_one_answer_larger_than_the_limit_is_cut(tmp_path: Path, running: list[Service]) -> None:
    """An answer without end does not fill the grader's memory."""
    body = "async def piece():\n    while True:\n        yield b'x' * 65536\n"
    main = (
        "from fastapi.responses import StreamingResponse\n" + HEAD + body + "\n\n@app.get('/x')\n"
        "async def x() -> StreamingResponse:\n    return StreamingResponse(piece())\n"
    )
    running.append(Service(services_folder(tmp_path / "work", main), tmp_path))

    answer = running[-1].must_run().get("/x").expect(200)

    assert len(answer.body) < 2 * 1024 * 1024


def test_two_apps_in_one_process(tmp_path: Path, running: list[Service]) -> None:
    """`environments` gives one app each, made under its own variables."""
    main = (
        "import os\nfrom fastapi import FastAPI\n\n\ndef create_app() -> FastAPI:\n    app = FastAPI()\n"
        "    name = os.environ['NAME']\n\n    @app.get('/name')\n    async def tell() -> str:\n        return name\n\n"
        "    return app\n\n\nos.environ.setdefault('NAME', 'neither')\napp = create_app()\n"
    )
    folder = services_folder(tmp_path / "work", main)
    running.append(Service(folder, tmp_path, environments=[{"NAME": "one"}, {"NAME": "two"}]))

    service = running[-1].must_run()

    assert [service.get("/name", app=number).json for number in (0, 1)] == ["one", "two"]


def test_stop_runs_the_shutdown_and_leaves_the_process(tmp_path: Path, running: list[Service]) -> None:
    """After `stop` the lifespan has ended, and the process can still be asked."""
    main = HEAD.replace("FastAPI()", "FastAPI(lifespan=life)").replace(
        "\napp", "\nended = []\n\n\nasync def life(app):\n    yield\n    ended.append(True)\n\n\napp", 1
    )
    running.append(Service(services_folder(tmp_path / "work", main), tmp_path))

    def shutdowns() -> int:
        from shelf.main import ended

        return len(ended)

    service = running[-1].must_run()
    assert service.ask(shutdowns) == 0
    assert service.stop()
    assert service.ask(shutdowns) == 1


def test_the_server_believes_nobody_about_addresses(tmp_path: Path, running: list[Service]) -> None:
    """Not even a caller from loopback: whom to believe is for the service to say."""
    main = HEAD.replace("import FastAPI", "import FastAPI, Request") + (
        '@app.get("/who")\nasync def who(request: Request) -> list[str]:\n'
        "    return [request.client.host, request.url.scheme]\n"
    )
    running.append(Service(services_folder(tmp_path / "work", main), tmp_path))
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert running[-1].get("/who", headers=forged).json == ["127.0.0.1", "http"]


def test_no_thread_of_a_service_stays_in_the_grader(tmp_path: Path) -> None:
    """A closed service leaves no listening thread behind."""
    folder = services_folder(tmp_path / "work", HEAD)
    failure(folder, tmp_path, "/none")
    left = [thread.name for thread in threading.enumerate() if thread.name == "testbed-events"]
    deadline = time.monotonic() + 10
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = [thread.name for thread in threading.enumerate() if thread.name == "testbed-events"]
    assert not left
