"""The parts of a Markdown text that can be wrong: code, links, names of files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True)
class Fence:
    """A block of code."""

    line: int
    language: str
    words: tuple[str, ...]
    """What stands after the language."""
    code: str


@dataclass
class Text:
    """A Markdown text, taken apart; each part with its line."""

    fences: list[Fence] = field(default_factory=list)
    codes: list[tuple[int, str]] = field(default_factory=list)
    """Code within sentences."""
    links: list[tuple[int, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    """The headings, as links name them."""


def read(file: Path) -> Text:
    """Take a Markdown file apart."""
    text = Text()
    tokens = MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "fence":
            language, *words = token.info.split() or [""]
            text.fences.append(Fence(line, language, tuple(words), token.content))
        elif token.type == "inline":
            text.codes += [(line, code) for code in _codes(token)]
            text.links += [(line, link) for link in _links(token)]
            if before and before.type == "heading_open":
                text.anchors.add(_anchor(token.content))
    return text


def _codes(inline: Token) -> Iterator[str]:
    yield from (child.content for child in inline.children or () if child.type == "code_inline")


def _links(inline: Token) -> Iterator[str]:
    for child in inline.children or ():
        target = child.attrs.get({"link_open": "href", "image": "src"}.get(child.type, ""))
        if target:
            yield str(target)


def _anchor(heading: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", heading.strip().casefold())
    return plain.replace(" ", "-")
