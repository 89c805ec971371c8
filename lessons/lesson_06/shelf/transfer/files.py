"""A bookmark file that somebody sends, or asks for."""

import codecs
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from html import escape

from fastapi import UploadFile

from shelf.bookmarks.models import Bookmark
from shelf.transfer.links import Link
from shelf.transfer.reader import FileReader

PIECE = 64 * 1024
AT_ONCE = 250
HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""
TAIL = "</DL><p>\n"


class SentFile:
    """A bookmark file on its way in. It is never in memory as a whole."""

    def __init__(self, upload: UploadFile) -> None:
        self._upload = upload
        self._reader = FileReader()

    @property
    def skipped(self) -> int:
        """How many links were left out so far, because Shelf would not save them."""
        return self._reader.skipped

    async def chunks(self) -> AsyncIterator[list[Link]]:
        """Yield the links, at most AT_ONCE at a time; raise BookmarkFileError where the file turns out to be broken."""
        links = self._reader.links
        async for piece in self._pieces():
            self._reader.take(piece)
            while len(links) >= AT_ONCE:
                yield links[:AT_ONCE]
                del links[:AT_ONCE]
        self._reader.end()
        if links:
            yield links

    async def _pieces(self) -> AsyncIterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        piece = b"more"
        while piece:
            piece = await self._upload.read(PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                self._reader.take(error.object[: error.start].decode())
                raise self._reader.broken("the text is not UTF-8", self._reader.line_read) from None
            yield text


async def written(bookmarks: AsyncIterable[Iterable[Bookmark]]) -> AsyncIterator[str]:
    """Yield the pieces of a bookmark file that browsers can import, with these bookmarks in it."""
    yield HEAD
    async for chunk in bookmarks:
        yield "".join(map(_line, chunk))
    yield TAIL


def _line(bookmark: Bookmark) -> str:
    values = {
        "HREF": bookmark.url,
        "ADD_DATE": str(int(bookmark.date_added.timestamp())),
        "PRIVATE": "0" if bookmark.shared else "1",
        "TOREAD": "1" if bookmark.unread else "0",
        "ARCHIVED": "1" if bookmark.is_archived else "0",
        "TAGS": ",".join(bookmark.tag_names),
        "NOTES": bookmark.notes,
    }
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in values.items())
    description = f"<DD>{escape(bookmark.description)}\n" if bookmark.description else ""
    return f"    <DT><A {attributes}>{escape(bookmark.title)}</A>\n{description}"
