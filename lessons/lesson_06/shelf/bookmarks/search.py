"""What somebody looks for, as it is typed."""

import re
from dataclasses import dataclass

TERM = re.compile(r'(?<!\S)(#?)"([^"]*[^"\s][^"]*)"(?!\S)|(\S+)')


@dataclass(frozen=True)
class Search:
    """Pieces of text and names of tags, all folded; a bookmark is found if it has every one of them."""

    texts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Return `text` in a form that is the same for all spellings that differ in case or white space alone."""
    return " ".join(text.casefold().split())


def parse_search(typed: str) -> Search:
    """Take apart what was typed: words, "several words in a row", #tag, #"a tag of several words"."""
    texts, tags = [], []
    for mark, quoted, word in TERM.findall(typed):
        if mark or (word.startswith("#") and len(word) > 1):
            tags.append((quoted or word[1:]).strip().casefold())
        else:
            texts.append(fold(quoted or word))
    return Search(tuple(texts), tuple(tags))
