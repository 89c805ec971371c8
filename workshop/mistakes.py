"""Small changes of a solution: typical wrong answers, for steps to catch, and bugs, for a learner's tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """Replace `old`, which stands exactly once in the solved `file`, by `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mistake:
    """A wrong answer."""

    name: str
    caught_by: str
    """The step that must fail."""
    says: str
    """Words that must stand in what the learner reads; upper and lower case and line breaks do not count."""
    edits: Sequence[Edit] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Whole files, by path, in place of the solution's or beside them."""

    def apply(self, folder: Path) -> None:
        """Make the mistake in a solved `folder`; raise StaleEditError where an edit no longer fits."""
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        _apply(self.name, self.edits, folder)


@dataclass(frozen=True)
class Bug:
    """A bug to be planted in a good service, for a learner's tests to find. No learner reads of it."""

    name: str
    """What callers would see of it."""
    family: str
    edits: Sequence[Edit]

    def plant(self, folder: Path) -> None:
        """Plant it in a good `folder`; raise StaleEditError where an edit no longer fits."""
        _apply(self.name, self.edits, folder)


def _apply(name: str, edits: Sequence[Edit], folder: Path) -> None:
    for edit in edits:
        file = folder / edit.file
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if (found := text.count(edit.old)) != 1:
            often = "nothing" if not found else f"{found} places"
            raise StaleEditError(f'the edit of "{name}" matches {often} in {edit.file}.')
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


class StaleEditError(Exception):
    """An edit does not fit the solution; the text says which."""
