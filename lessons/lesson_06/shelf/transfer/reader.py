"""Reading a bookmark file, piece by piece."""

import re
from html import unescape
from html.parser import HTMLParser

from shelf.transfer.links import Link, link_from

LONGEST_TAG = 256 * 1024
"""Characters: the icon of a bookmark stands inside its tag."""
LONGEST_TEXT = 16 * 1024
DEEPEST = 100
DOCTYPE = ["doctype", "netscape-bookmark-file-1"]
NO_BOOKMARK_FILE = "a bookmark file begins with <!DOCTYPE NETSCAPE-Bookmark-file-1>"
HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
ENTITY = re.compile(r"&#?\w+;")
BROWSERS_OWN = ("personal_toolbar_folder", "unfiled_bookmarks_folder")


class BookmarkFileError(Exception):
    """A file is no bookmark file, or a broken one; the message says what is wrong and in which line."""


class FileReader(HTMLParser):
    """Takes a file in pieces and makes links of it; whoever takes them out of `links` leaves room for others.

    The folders around a link become its tags, save for those that a browser marks as its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.skipped = 0
        self._begun = False
        self._lists = 0  # `<DL>` so far; a whole file has one, if it is empty too
        self._in_html = False  # Safari alone puts all of it into `<HTML>`
        self._folders: list[str] = []
        self._folder = ""  # the name for the next list, which is empty for a browser's own
        self._open = ""  # "a" or "h3", while its text is read
        self._text: list[str] = []
        self._link: dict[str, str] | None = None
        self._line = 0  # where that link stands
        self._title = ""

    def take(self, piece: str) -> None:
        """Read on; raise BookmarkFileError if the file is broken here."""
        try:
            self.feed(piece)
        except AssertionError:  # what some versions of Python say to a malformed `<![`
            raise self.broken("a declaration that makes no sense") from None
        if len(self.rawdata) > LONGEST_TAG:
            raise self.broken("a tag that does not end")

    def end(self) -> None:
        """Say that no piece follows; raise BookmarkFileError if the file cannot end here."""
        if not self._begun:
            raise self.broken(NO_BOOKMARK_FILE)
        # Without close(): it would take a tag that was cut in two for text.
        whole = self._lists and not (self._folders or self._open or self._in_html)
        if not whole or "<" in self.rawdata:
            raise self.broken("the file ends too early", self.line_read)
        self._end_link()

    @property
    def line_read(self) -> int:
        """The last line that was read, though perhaps not to its end."""
        return self.getpos()[0] + self.rawdata.count("\n")

    def broken(self, what: str, line: int | None = None) -> BookmarkFileError:
        """Return an error that says what is wrong in a line; without one, in the line that has been reached."""
        return BookmarkFileError(f"line {line or self.getpos()[0]}: {what}")

    def handle_decl(self, decl: str) -> None:
        """Note that the file is what it should be."""
        self._begun = self._begun or decl.lower().split() == DOCTYPE

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link, the name of a folder, a folder or a description."""
        if not self._begun:
            raise self.broken(NO_BOOKMARK_FILE)
        if tag in ("a", "h3", "dt", "dl", "hr"):
            self._end_link()
        if tag in ("a", "h3", "dd"):
            self._text = []
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._open, self._link, self._line = tag, values | {"href": self._href()}, self.getpos()[0]
        elif tag == "h3" and not any(values.get(name) == "true" for name in BROWSERS_OWN):
            self._open = tag
        elif tag == "dl":
            self._begin_folder()
        elif tag == "html":
            self._in_html = True

    def handle_endtag(self, tag: str) -> None:
        """End what has begun."""
        if tag == "dl":
            self._end_link()
            self._folders = self._folders[:-1]
        elif tag == "html":
            self._in_html = False
        elif tag == self._open:
            self._open, text, self._text = "", "".join(self._text), []
            if tag == "a":
                self._title = text
            else:
                self._folder = text

    def handle_data(self, data: str) -> None:
        """Keep what may be a title, the name of a folder or a description."""
        if not self._begun and data.strip():
            raise self.broken(NO_BOOKMARK_FILE)
        if (self._open or self._link is not None) and sum(map(len, self._text)) < LONGEST_TEXT:
            self._text.append(data[:LONGEST_TEXT])

    def _href(self) -> str:
        # Firefox writes `&` as it is, and HTMLParser takes the `&copy` of `?a=1&copy=2` for an entity.
        found = HREF.search(self.get_starttag_text() or "")
        return ENTITY.sub(lambda entity: unescape(entity[0]), found[1] or found[2] or "") if found else ""

    def _begin_folder(self) -> None:
        if len(self._folders) == DEEPEST:
            raise self.broken(f"more than {DEEPEST} folders inside one another")
        self._folders.append(self._folder)
        self._folder, self._lists = "", self._lists + 1

    def _end_link(self) -> None:
        """Make a link of what has been read of it, now that its description cannot go on."""
        if self._open == "a":
            self.handle_endtag("a")
        if self._link is None:
            return
        try:
            link = link_from(self._link, self._folders, self._title, "".join(self._text))
        except ValueError as error:
            raise self.broken(str(error), self._line) from None
        self._link, self._title, self._text = None, "", []
        self.skipped += link is None
        self.links += [link] if link else []
