"""Records what lesson 07 calls yesterday, from the solved service of lesson 06: `uv run python .../record.py`.

`database.sql` is its database, with bookmarks in it; `statements.sql` is what it says to its database when it is used.
"""

import itertools
import json
import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from workshop import layout
from workshop.course import Course
from workshop.testbed.service import Service

HERE = Path(__file__).parent
BOOKMARKS = "/api/bookmarks/"
FRAME = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|-- )")
OLD_FILE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><H3>Kitchen</H3>
<DL><p>
<DT><A HREF="HTTPS://Bread.Example/Sourdough?Page=2" ADD_DATE="1262304000" TAGS="Baking">Sourdough</A>
<DT><A HREF="http://soup.example:80" ADD_DATE="1325376000" TAGS="Winter">Soup</A>
<DT><A HREF="http://Soup.example/" ADD_DATE="1388534400">Soup again</A>
<DT><A HREF="http://soup.example/" ADD_DATE="1451606400" TAGS="winter">Soup, once more</A>
</DL><p>
<DT><A HREF="https://maps.example/#Harbour" ADD_DATE="1483228800" TAGS="Travel">Harbour</A>
<DT><A HREF="https://maps.example/#harbour" ADD_DATE="1514764800" TAGS="Travel">Harbour, small</A>
</DL><p>
"""
NEW_FILE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><A HREF="https://fresh.example/One" ADD_DATE="1600000000" TAGS="Fresh,Baking">One</A>
<DT><A HREF="https://FRESH.example/Two" ADD_DATE="1600000001">Two</A>
<DT><A HREF="http://soup.example/" ADD_DATE="1600000002" TAGS="Fresh">Soup</A>
</DL><p>
"""


def trace() -> None:
    """Runs inside the service: write down every statement, values and all."""
    import json
    import sqlite3

    connect = sqlite3.connect

    def traced(*args, **how):
        connection = connect(*args, **how)
        file = open("statements", "a", encoding="utf-8")  # noqa: SIM115
        connection.set_trace_callback(lambda text: file.write(json.dumps(text) + "\n") and file.flush())
        return connection

    sqlite3.connect = traced


def fill(shelf: Service) -> None:
    """Use the service as it was used before the migrations."""
    shelf.post(BOOKMARKS, json={"url": "https://EXAMPLE.com", "title": "First", "tag_names": ["Reading"]}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "https://example.com:443/", "notes": "a note", "unread": True}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "https://example.com:8443/", "tag_names": ["Reading", "Ports"]}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "https://User@Example.com/A%20b?C=D#E", "shared": True}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "http://[::1]:80/x", "description": "six"}).expect(201)
    shelf.post(f"{BOOKMARKS}import/", files={"file": ("old.html", OLD_FILE.encode())}).expect(200)
    shelf.post(f"{BOOKMARKS}3/archive/").expect(204)
    account = {"email": "reader@example.com", "username": "reader", "age": 40, "password": "long enough for this"}
    shelf.post("/api/accounts/", json=account).expect(201)


def use(shelf: Service) -> None:
    """Use it as it goes on being used while the database is changed."""
    shelf.get(BOOKMARKS, params={"q": "soup #winter"}).expect(200)
    shelf.post(BOOKMARKS, json={"url": "https://Fresh.example", "tag_names": ["Fresh", "reading"]}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "https://fresh.example/", "title": "Another"}).expect(201)
    shelf.post(BOOKMARKS, json={"url": "https://EXAMPLE.com", "title": "First, anew", "tag_names": []}).expect(201)
    shelf.patch(f"{BOOKMARKS}4/", json={"url": "https://User@Example.com/A%20b", "notes": "moved"}).expect(200)
    shelf.post(f"{BOOKMARKS}3/unarchive/").expect(204)
    shelf.delete(f"{BOOKMARKS}10/").expect(204)
    shelf.post(f"{BOOKMARKS}import/", files={"file": ("new.html", NEW_FILE.encode())}).expect(200)
    shelf.get(f"{BOOKMARKS}export/").expect(200)


def main() -> None:
    """Lay the service out, use it, and write both files."""
    course = Course.here()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        layout.lay_out(layout.solved(course, course.lesson(6)), place / "service")
        file = place / "shelf.db"
        shelf = Service(
            place / "service", place, env={"DATABASE_URL": f"sqlite+aiosqlite:///{file.as_posix()}"}, inside=trace
        )
        fill(shelf)
        with closing(sqlite3.connect(file)) as connection:
            (HERE / "database.sql").write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")
        (place / "statements").write_text("")
        use(shelf)
        said = [json.loads(line) for line in (place / "statements").read_text(encoding="utf-8").splitlines()]
        shelf.close()
    texts = [text.replace(" \n", "\n") for text, _ in itertools.groupby(said) if not FRAME.match(text)]
    (HERE / "statements.sql").write_text("".join(f"{text};\n" for text in texts), encoding="utf-8")


if __name__ == "__main__":
    main()
