"""How much memory an import of bookmarks takes, at most, as the file grows.

    uv run python tests/bench/bench_import.py [lesson]

The service of the lesson's solution (06 without one) runs in a process of its own, a new one for each file; Python's
own tracing measures it, which slows it down. The peak grows with the chunk, not with the file. Nothing is asserted
here: a step of lesson 06 does that.
"""

import sys
import tempfile
import time
from pathlib import Path

from workshop import layout
from workshop.course import Course
from workshop.testbed.service import Service

SIZES = (1_000, 10_000, 50_000)
HEAD = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
LINK = (
    '    <DT><A HREF="https://example.com/{n}" ADD_DATE="{date}" TAGS="tag {tag},all" ICON="data:{icon}">Link {n}</A>\n'
)
PATIENCE = 600.0


def bookmark_file(number: int) -> bytes:
    """Return a bookmark file with so many links, each with an icon, as browsers write them."""
    links = (LINK.format(n=n, date=1_700_000_000 + n, tag=n % 100, icon="x" * 300) for n in range(number))
    return (HEAD + "".join(links) + "</DL><p>\n").encode()


def begin() -> None:
    """Runs inside the service."""
    import gc
    import tracemalloc

    gc.collect()
    tracemalloc.start()


def peak() -> int:
    """Runs inside the service."""
    import tracemalloc

    return tracemalloc.get_traced_memory()[1]


def main() -> None:
    """Import files of all sizes and print a line for each."""
    course = Course.here()
    lesson = course.lesson(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layout.lay_out(layout.solved(course, lesson), folder / "solved")
        for number in SIZES:
            print(measured(folder, number), flush=True)


def measured(folder: Path, number: int) -> str:
    """Import a file into a new database; return what it took, as a line."""
    content = bookmark_file(number)
    url = f"sqlite+aiosqlite:///{(folder / f'{number}.db').as_posix()}"
    service = Service(folder / "solved", folder, env={"DATABASE_URL": url}, warm=False)
    try:
        service.must_run().ask(begin)
        began = time.monotonic()
        sent = service.start("POST", "/api/bookmarks/import/", files={"file": ("bookmarks.html", content)})
        created = sent.answer(PATIENCE).expect(200)["created"]
        seconds, most = time.monotonic() - began, service.ask(peak)
    finally:
        service.close()
    size = f"{len(content) / 1e6:5.1f} MB file"
    return f"{created:6,} links, {size}: {most / 1e6:5.1f} MB of memory at most, {seconds:5.1f} s while measured"


if __name__ == "__main__":
    main()
