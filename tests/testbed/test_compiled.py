"""What is compiled before a service starts is its files, exactly."""

import os
import sys
from pathlib import Path

import pytest

from workshop.testbed import compiled as module
from workshop.testbed.compiled import code_of, compiled, key
from workshop.testbed.service import Service

MAIN = """from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
async def health() -> str:
    def inside() -> str:
        return {word!r}

    return inside()


@app.get("/where")
async def where() -> list[object]:
    import inspect

    frame = inspect.currentframe()
    inner = next(each for each in health.__code__.co_consts if hasattr(each, "co_filename"))
    return [health.__code__.co_filename, inner.co_filename, frame.f_lineno]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service in a folder."""
    (tmp_path / "app" / "shelf").mkdir(parents=True)
    (tmp_path / "app" / "shelf" / "main.py").write_text(MAIN.format(word="one"))
    return tmp_path / "app"


def said(folder: Path, path: str = "/health") -> object:
    """What the service in a folder answers."""
    service = Service(folder, folder.parent)
    try:
        return service.must_run().get(path).expect(200).json
    finally:
        service.close()


def test_a_save_is_never_overlooked(folder: Path) -> None:
    """Not even one of equal size, with the time of the file as it was."""
    main = folder / "shelf" / "main.py"
    before = main.stat()
    assert said(folder) == "one"
    main.write_text(MAIN.format(word="two"))
    os.utime(main, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert said(folder) == "two"
    assert not list(folder.rglob("__pycache__"))


def test_the_code_is_that_of_the_file(folder: Path, tmp_path: Path) -> None:
    """The same text in two folders is compiled once, and each knows its own place."""
    copy = tmp_path / "copy" / "shelf"
    copy.mkdir(parents=True)
    (copy / "main.py").write_text(MAIN.format(word="one"))
    for each in (folder, copy.parent):
        file = str(each / "shelf" / "main.py")
        assert said(each, "/where") == [file, file, 20]


def test_what_has_a_fault_is_left_to_the_import(folder: Path) -> None:
    """So it is told there: errors, and what Python warns of."""
    texts = ["def broken(:\n", 'word = "\\d"\n', "\0", "# -*- coding: nonsense -*-\n", "(" * 5000, "x = " + "-" * 10**5]
    for number, text in enumerate(texts):
        (folder / "shelf" / f"bad_{number}.py").write_text(text)
    (folder / "shelf" / "large.py").write_text("#" * (module.LARGEST + 1))
    (folder / "shelf" / "folder.py").mkdir()
    assert list(compiled(folder)) == [key(MAIN.format(word="one").encode())]
    assert compiled(folder / "nowhere") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="there are none")
def test_a_pipe_is_not_read(folder: Path) -> None:
    """It would never end."""
    os.mkfifo(folder / "shelf" / "pipe.py")
    assert len(compiled(folder)) == 1


def test_it_does_what_the_text_says() -> None:
    """Whatever its encoding."""
    text = "# -*- coding: latin-1 -*-\nword = 'é'\n".encode("latin-1")
    names: dict[str, object] = {}
    exec(code_of(module._compiled(text), "where.py"), names)
    assert names["word"] == "é"


def test_only_so_much_is_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came first goes first."""
    monkeypatch.setattr(module, "REMEMBERED", 3)
    for number in range(5):
        (folder / "shelf" / "main.py").write_text(f"number = {number}\n")
        assert len(compiled(folder)) == 1
    assert len(module._known) == 3
