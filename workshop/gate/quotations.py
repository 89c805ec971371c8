"""Code shown in a README stands in the code: line by line, with `...` for what is left out."""

import textwrap
from collections.abc import Iterable

LEFT_OUT = {"...", "# ..."}


def stands_in(code: str, texts: Iterable[str]) -> bool:
    """Tell whether `code`, however far indented, stands in one of `texts`, its pieces in their order."""
    pieces = _pieces(code)
    return all(not piece for piece in pieces) or any(_all_stand(pieces, text.splitlines()) for text in texts)


def _pieces(code: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for line in code.splitlines():
        if line.strip() in LEFT_OUT:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return [piece for piece in map(_plain, pieces) if piece]


def _plain(lines: list[str]) -> list[str]:
    """Return the lines without common indentation, spaces at their ends, and blank lines around them."""
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n").splitlines()


def _all_stand(pieces: list[list[str]], lines: list[str]) -> bool:
    position = 0
    for piece in pieces:
        ends = (at + len(piece) for at in range(position, len(lines)) if _plain(lines[at : at + len(piece)]) == piece)
        position = next(ends, -1)
        if position < 0:
            return False
    return True
