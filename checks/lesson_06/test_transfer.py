"""Lesson 06: what an import costs, what it keeps, and what a broken file does."""

import itertools
import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
IMPORT = "/api/bookmarks/import/"
EXPORT = "/api/bookmarks/export/"
TAGS = "/api/tags/"
SAMPLES = Path(__file__).parent / "samples"
PATIENCE = 120.0
"""Seconds for a large file. Only an import that stands still waits so long."""
LINKS_A_STATEMENT = 10
NUMBERS = itertools.count(1)
BULK = "`import_links` in shelf/transfer/repository.py, and 'Importing' in the lesson."
KEEPS = "`import_links` in shelf/transfer/repository.py, and 'What an import keeps' in the lesson."
NOTHING = "`import_file` in shelf/transfer/router.py, and 'All of it or nothing' in the lesson."


def test_ten_thousand_links_take_few_statements_and_little_memory(shelf):
    """Ten thousand links take few statements, and memory grows with the chunk, not with the file."""
    few_statements(shelf, 200)
    small, large = memory(shelf, 250), memory(shelf, 1500)
    assert large <= 2 * small, because(
        saw=f"An import of 250 links took {small / 1e6:.1f} MB of memory, one of 1,500 took {large / 1e6:.1f} MB.",
        expected="about the same, twice as much at most: a chunk is in memory, and is forgotten before the next.",
        cause="all links, or all rows made of them, are collected before they are saved; or each chunk is kept.",
        look=BULK,
    )
    few_statements(shelf, 10_000)


def test_an_import_keeps_tags_dates_and_what_was_there(shelf, start_shelf, tmp_path):
    """An import keeps the tags and dates of a file, and what was there before."""
    what_was_there_stays(shelf)
    a_link_that_comes_again_adds_its_tags(shelf, apart=1)
    browsers_files_are_understood(shelf)
    other = start_shelf(env={"DATABASE_URL": f"sqlite+aiosqlite:///{(tmp_path / 'other.db').as_posix()}"})
    an_export_can_be_imported(shelf, other)
    a_link_that_comes_again_adds_its_tags(shelf, apart=1100)


def test_a_broken_file_imports_nothing_and_says_where(shelf):
    """A broken file imports nothing, and the answer says in which line it is broken."""
    there = save(shelf, title="Before", tag_names=[word()])
    for broken in broken_files(there["url"]):
        before = everything(shelf)
        answer = send(shelf, broken.content)
        answer.expect(400, 422, about=broken.what, look=NOTHING)
        after = everything(shelf)
        assert after == before, because(
            saw=f"{broken.what} It was refused with {answer.status}. {difference(before, after)}",
            expected="nothing of it: whoever mends the file sends all of it again.",
            cause="an error that is returned is none to the session, so it commits what it has. Or each chunk is"
            " committed on its own.",
            look=NOTHING,
        )
        named = {int(number) for number in re.findall(r"\d+", answer.text)}
        assert named & broken.lines, because(
            saw=f"{broken.what} {answer}",
            expected=f"the number of the line, {min(broken.lines)}, in the answer.",
            cause="the message of BookmarkFileError is not passed on.",
            look=NOTHING,
        )


# What an import costs


def few_statements(shelf, number):
    """Fail the step unless so many links are imported with few statements."""
    tags = [word() for _ in range(40)]
    links = [link(tags=random.sample(tags, 3)) for _ in range(number)]
    answer = imported(send(shelf, bookmark_file(links)), created=number)
    most = number // LINKS_A_STATEMENT
    assert len(answer.statements) <= most, because(
        saw=f"An import of {number:,} links took {len(answer.statements):,} statements."
        f" {most_frequent(answer.statements)}",
        expected=f"{most:,} at most: one for every {LINKS_A_STATEMENT} links.",
        cause=why_so_many(answer.statements),
        look=BULK,
    )


def memory(shelf, number):
    """How many bytes the service takes, at most, while it imports so many links."""
    content = bookmark_file([link(tags=[word()], description=word() * 450) for _ in range(number)])
    shelf.ask(begin_to_measure)
    imported(send(shelf, content), created=number)
    return shelf.ask(most_memory)


def begin_to_measure():
    """Runs inside the service."""
    import gc
    import tracemalloc

    gc.collect()
    tracemalloc.start()


def most_memory():
    """Runs inside the service."""
    import tracemalloc

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def most_frequent(statements):
    """Which statement was sent most often, as a sentence."""
    [(statement, times)] = Counter(statements).most_common(1)
    return f"{times:,} times: {' '.join(statement.split())[:160]}"


def why_so_many(statements):
    """Why an import takes so many statements."""
    [(statement, _)] = Counter(statements).most_common(1)
    if statement.lstrip().upper().startswith("INSERT"):
        return "rows are added one at a time. `add_all` does that too, wherever the database makes up the ids."
    return "each link, or each tag, is looked for by itself. `IN` looks for all of a chunk at once."


# What an import keeps


def what_was_there_stays(shelf):
    """Fail the step unless an import leaves a bookmark as it is, but for the tags that it adds."""
    spelling = f"T{word()}"
    own = {"title": word(), "notes": word(), "description": word(), "unread": True, "shared": True}
    there = save(shelf, **own, is_archived=True, tag_names=[spelling, f"old {word()}"])
    new = word()
    added = moment()
    fresh = link(tags=[spelling.swapcase()], add_date=added, toread=1, private=0, description="Some\nlines & more")
    links = [link(url=there["url"], title="Other", tags=[new, spelling.lower()], add_date=moment()), fresh]
    imported(send(shelf, bookmark_file(links)), created=1, updated=1)

    found = shelf.get(f"{BOOKMARKS}{there['id']}/").expect(200)
    for name, value in there.json.items():
        expected = sorted([*value, new], key=str.casefold) if name == "tag_names" else value
        assert found[name] == expected, because(
            saw=f"A file brought a URL whose bookmark was there. Its `{name}` was {value!r} and is {found[name]!r}",
            expected=f"{expected!r}: what was there stays, and the tags of the link are added.",
            cause=why_lost(name),
            look=KEEPS,
        )
    [one] = shelf.get(BOOKMARKS, params={"q": fresh.title.split()[1]}).expect(200)["results"] or [None]
    whole = {"url": fresh.url, "title": fresh.title, "description": "Some\nlines & more", "tag_names": [spelling]}
    says(one, whole | {"unread": True, "shared": True, "date_added": iso(added)}, "A link that no bookmark had")


def a_link_that_comes_again_adds_its_tags(shelf, apart):
    """Fail the step unless a URL that stands twice in a file, so many lines apart, is one bookmark with all tags."""
    first = link(tags=["one", "both"])
    again = link(url=first.url, tags=["Both", "two"])
    between = [link() for _ in range(apart)]
    imported(send(shelf, bookmark_file([first, *between, again])), created=apart + 1, updated=1)
    [found] = shelf.get(BOOKMARKS, params={"q": first.title.split()[1]}).expect(200)["results"] or [None]
    whole = {"title": first.title, "tag_names": ["both", "one", "two"]}
    says(found, whole, f"A URL that stands twice in a file, with {apart:,} links between")


def browsers_files_are_understood(shelf):
    """Fail the step unless what Chrome, Firefox and Safari export is imported as it should be."""
    for browser, (skipped, expected) in EXPORTED.items():
        content = (SAMPLES / f"{browser}.html").read_bytes()
        imported(send(shelf, content), created=len(expected), skipped=skipped, about=f"A file of {browser.title()}'s.")
        listed = shelf.get(BOOKMARKS).expect(200)["results"]
        for url, (title, tags, seconds) in expected.items():
            found = next((one for one in listed if one["url"] == url), None)
            date = {"date_added": iso(seconds)} if seconds else {}
            says(found, {"url": url, "title": title, "tag_names": tags} | date, f"A link of {browser.title()}'s")


def an_export_can_be_imported(shelf, other):
    """Fail the step unless another Shelf that imports the export shows the same bookmarks."""
    before = everything(shelf)
    exported = shelf.get(EXPORT).expect(200)
    imported(send(other, exported.body), created=before["count"])
    after = everything(other)
    kept = ("url", "title", "description", "notes", "tag_names", "unread", "shared", "is_archived")
    for one, found in zip(before["results"], after["results"], strict=True):
        says(found, {name: one[name] for name in kept}, "After an export and its import elsewhere, a bookmark")


def why_lost(name):
    """Why a field of a bookmark that was there is another after an import."""
    if name == "tag_names":
        return "the link's tags replace those that were there; or a tag in another spelling is taken for another tag."
    return "a link is saved as if somebody had sent it: that replaces what was there."


def says(found, expected, what):
    """Fail the step unless a bookmark has these values."""
    for name, value in expected.items():
        is_so = found is not None and found[name] == value
        assert is_so, because(
            saw=f"{what} has `{name}`: {found[name]!r}" if found else f"{what} is not found.",
            expected=f"`{name}`: {value!r}",
            cause=WHY_OTHER.get(name, "a value of the file gets lost on its way into the row."),
            look=KEEPS,
        )


WHY_OTHER = {
    "date_added": "ADD_DATE is not used, and the moment of the import takes its place.",
    "tag_names": "tags are compared by their spelling and not by their key, or only those of the first link count.",
}


# What a broken file does


@dataclass
class Broken:
    """A broken file: what is wrong with it, in which line (one of those)."""

    what: str
    content: bytes
    lines: set


def broken_files(url):
    """Files that are broken, each in its own way, after a link that somebody has a bookmark of."""
    number = random.randrange(1200, 1300)
    lines = bookmark_file([link(url=url, tags=[word()]), *(link(tags=[word()]) for _ in range(number))])
    lines = lines.decode().splitlines(keepends=True)
    at = random.randrange(1100, 1190)
    bad_date = re.sub(r'ADD_DATE="\d+"', 'ADD_DATE="soon"', lines[at - 1])
    bad_line = "".join([*lines[: at - 1], bad_date, *lines[at:]])
    yield Broken(f"A date in line {at} is no number.", bad_line.encode(), {at})
    latin = [line.encode() for line in lines]
    latin[at - 1] = latin[at - 1].replace(b"Title", b"T\xeftle")
    yield Broken(f"Line {at} is not UTF-8.", b"".join(latin), {at})
    cut = "".join(lines[:at])[: -random.randrange(4, 20)]
    yield Broken(f"The file ends in the middle of line {at}.", cut.encode(), {at - 1, at, at + 1})
    page = b"<!DOCTYPE html>\n<title>No bookmarks</title>\n<a href='https://example.com/'>A link</a>\n"
    yield Broken("It is no bookmark file but a page.", page, {1, 2})


def difference(before, after):
    """What has changed, as a sentence."""
    more, tags = after["count"] - before["count"], after["tags"] - before["tags"]
    return f"Then there are {more} bookmarks and {tags} tags more." if more or tags else "Then a bookmark has changed."


def everything(shelf):
    """What there is: all bookmarks, archived ones too, and the number of tags."""
    pages = [shelf.get(path, params={"limit": 1000}).expect(200) for path in (BOOKMARKS, f"{BOOKMARKS}archived/")]
    results = sorted((one for page in pages for one in page["results"]), key=lambda one: one["url"])
    tags = shelf.get(TAGS, params={"limit": 1}).expect(200)["count"]
    return {"count": sum(page["count"] for page in pages), "tags": tags, "results": results}


# What is sent


@dataclass
class Link:
    """A link of a bookmark file."""

    url: str
    title: str
    text: str


def link(*, url="", title="", tags=(), description="", **attributes):
    """A link, of a new URL if none is given, with these tags and attributes."""
    url = url or f"https://example.com/{next(NUMBERS)}-{word()}?a=1&copy=2"
    title = title or f"Title {word()} <&>"
    values = {"HREF": url, "ADD_DATE": moment(), "TAGS": ",".join(tags)}
    values |= {name.upper(): value for name, value in attributes.items()}
    inside = " ".join(f'{name}="{escape(str(value))}"' for name, value in values.items())
    below = f"<DD>{escape(description)}\n" if description else ""
    return Link(url, title, f"    <DT><A {inside}>{escape(title)}</A>\n{below}")


def bookmark_file(links):
    """A bookmark file with these links, as bytes."""
    head = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    return (head + "".join(each.text for each in links) + "</DL><p>\n").encode()


def send(shelf, content):
    """Send a file to be imported."""
    file = {"file": ("bookmarks.html", content, "text/html")}
    return shelf.start("POST", IMPORT, files=file).answer(PATIENCE)


def imported(answer, *, created=0, updated=0, skipped=0, about=""):
    """Return the answer to an import if it says that so much has happened; otherwise fail the step."""
    found = {name: answer.expect(200, about=about)[name] for name in ("created", "updated", "skipped")}
    expected = {"created": created, "updated": updated, "skipped": skipped}
    assert found == expected, because(
        saw=f"{about} The import answered {json.dumps(found)}".strip(),
        expected=json.dumps(expected),
        cause="`created` counts bookmarks that are new, `updated` every other link; both together are all links.",
        look=KEEPS,
    )
    return answer


def save(shelf, **values):
    """Save a bookmark of a new URL."""
    return shelf.post(BOOKMARKS, json={"url": f"https://example.com/{word()}"} | values).expect(201)


def word():
    return f"w{random.randrange(16**8):08x}"


def moment():
    """A moment of the past, in seconds since 1970."""
    return random.randrange(10**9, 17 * 10**8)


def iso(seconds):
    """A moment as Shelf answers it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CHROME = {
    "https://news.example/today?edition=eu&lang=de": ("News & weather 'today'", [], 1698397200),
    "https://cook.example/soups/1": ("Soup of the day", ["Recipes"], 1698404401),
    "https://cook.example/cakes/7": ('Käsekuchen, "the good one"', ["Recipes", "Süßes <3"], 1698404403),
    "https://cook.example/breads/2": ("Rye bread", ["Recipes"], None),
    "https://maps.example/": ("Maps", [], 1698411600),
}
FIREFOX = {
    "https://rail.example/plan?from=a&copy=1&to=b": (
        "Trains & ferries",
        ["Night Trains", "trains", "Travel"],
        1609466400,
    ),
    "https://hostel.example/": ("Hostels", ["Travel"], 1609470000),
    "https://mail.example/inbox": ("Mail", ["daily"], 1609473600),
    "https://wiki.example/Zürich": ("Zürich", [], 1609480800),
}
SAFARI = {
    "https://garden.example/": ("Garden", ["Favorites"], None),
    "https://garden.example/plan?bed=2&year=2024": ("Beds <draft>", ["Favorites"], None),
    "https://radio.example/live": ("Ràdio", ["Bookmarks Menu", "Music"], None),
    "https://loose.example/": ("Loose", [], None),
    "https://long.example/read": ("A long read", ["Reading List"], None),
}
EXPORTED = {"chrome": (2, CHROME), "firefox": (2, FIREFOX), "safari": (1, SAFARI)}
"""What the samples hold: how many links are no pages; the others with title, tags, and ADD_DATE if there is one."""
