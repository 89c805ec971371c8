"""What a page of the web says about itself."""

import codecs
import contextlib
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

TITLE_LENGTH = 512
DESCRIPTION_LENGTH = 2048

# Python knows these as encodings of text, but no page is written in them, and some take minutes to decode.
NOT_FOR_PAGES = {"punycode", "idna", "utf-7", "unicode-escape", "raw-unicode-escape", "undefined"}


@dataclass(frozen=True)
class Page:
    """A page at `url`; what it does not say, or what could not be read, is None."""

    url: str
    title: str | None = None
    description: str | None = None
    preview_image: str | None = None


def decode_page(body: bytes, charset: str) -> str:
    """Return `body` as text; a character that was cut in two at its end is left out.

    Raises LookupError if there is no such charset, UnicodeError if the bytes mean nothing in it.
    """
    codec = codecs.lookup(charset)
    "".encode(charset)  # raises LookupError for codecs such as zlib that are not about text
    if codec.name in NOT_FOR_PAGES or codec.incrementaldecoder is None:
        raise LookupError(f"no page is written in {charset}")
    return codec.incrementaldecoder().decode(body).replace("\0", "\ufffd")


def parse_page(url: str, html: str, base: str | None = None) -> Page:
    """Return what `html` says about the page at `url`.

    An image's relative address counts from `base`, where redirects have led to; from `url` if that is not given.
    """
    reader = _HeadReader()
    # Some versions of Python give up on a malformed `<![` with an AssertionError; what stood before it counts.
    with contextlib.suppress(AssertionError):
        # The `<` ends the last text; close() does that too, but takes hours over a hostile page.
        reader.feed(html + "<")
    said = reader.meta
    description = said.get("description") or said.get("og:description", "")
    return Page(
        url=url,
        title=_one_line(reader.title)[:TITLE_LENGTH] or None,
        description=_one_line(description)[:DESCRIPTION_LENGTH] or None,
        preview_image=_absolute(base or url, said.get("og:image", "")),
    )


class _HeadReader(HTMLParser):
    """Keeps the first title, and the first value of every `<meta>` that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self._title: list[str] = []
        self._titles_begun = 0
        self._in_title = False

    @property
    def title(self) -> str:
        return "".join(self._title)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._titles_begun += 1
            self._in_title = self._titles_begun == 1
        elif tag == "meta":
            values = dict(attrs)
            name, content = values.get("property") or values.get("name"), values.get("content")
            if name and content and content.strip():
                self.meta.setdefault(name.strip().lower(), content)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _absolute(base: str, address: str) -> str | None:
    """Return `address` as a full http or https URL; None if it is empty, broken or something else."""
    try:
        full = urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:
        return None
    return full if full.startswith(("http://", "https://")) else None
