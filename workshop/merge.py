"""A three-way merge of lines: what two have made of one text, put together where they did not touch the same place."""

import difflib
from collections.abc import Iterator, Sequence

Piece = tuple[int, int, list[str]]
"""Lines `from` to `to` of the old text, and what stands there in the new one."""


def merged(base: str, first: str, second: str) -> str | None:
    """Return what `first` and `second` made of `base`, both together; None where both changed one place, differently.

    Changes that touch each other count as one place: nobody can say in which order they belong.
    """
    lines, result, at = base.splitlines(keepends=True), [], 0
    for start, end, found in _together(lines, _changes(base, first), _changes(base, second)):
        if found is None:
            return None
        result += [*lines[at:start], *found]
        at = end
    return "".join([*result, *lines[at:]])


def _changes(base: str, other: str) -> list[Piece]:
    old, new = base.splitlines(keepends=True), other.splitlines(keepends=True)
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(start, end, new[there:until]) for kind, start, end, there, until in blocks if kind != "equal"]


def _together(
    lines: Sequence[str], first: list[Piece], second: list[Piece]
) -> Iterator[tuple[int, int, list[str] | None]]:
    """Yield each place of the old text that one or both have changed, and what belongs there; None for a conflict."""
    while first or second:
        start, end = min(side[0][:2] for side in (first, second) if side)
        ours: list[Piece] = []
        theirs: list[Piece] = []
        sides = (first, ours), (second, theirs)
        while side := next((each for each in sides if each[0] and each[0][0][0] <= end), None):
            waiting, taken = side
            taken.append(waiting.pop(0))
            end = max(end, taken[-1][1])
        one, other = (_applied(lines, start, end, pieces) for pieces in (ours, theirs))
        yield start, end, one if not theirs or one == other else other if not ours else None


def _applied(lines: Sequence[str], start: int, end: int, pieces: list[Piece]) -> list[str]:
    """Lines `start` to `end` with these changes made."""
    result: list[str] = []
    at = start
    for begin, until, new in pieces:
        result += [*lines[at:begin], *new]
        at = until
    return [*result, *lines[at:end]]
