"""What the gate finds, and the words that its points share."""

import ast
import textwrap
from dataclasses import dataclass
from pathlib import Path

from workshop.verdict import StepResult

SHOWN = 400


@dataclass(frozen=True)
class Defect:
    """Something in the content that its author must mend."""

    place: str
    """The file, from the course's root."""
    text: str
    """What in it is wrong, in one sentence; a second line may say what to do."""

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class UnreadableError(Exception):
    """A Python file of the content cannot be parsed; the text says where."""


def shown(root: Path, path: Path) -> str:
    """Return a path as authors write it: from the course's root, with slashes."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def folded(text: str) -> str:
    """Return `text` in a form in which upper and lower case and line breaks do not count."""
    return " ".join(text.split()).casefold()


def said(step: StepResult) -> str:
    """Return what a learner reads of a failed step, in one line."""
    return textwrap.shorten(step.reason["saw"] if step.reason else step.message, SHOWN, placeholder=" ...")


def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a Python file; raise UnreadableError where it has none."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UnreadableError(f"Python cannot read line {error.lineno}: {error.msg}.") from error
    except ValueError as error:
        raise UnreadableError(f"it is no text that Python can read: {error}.") from error
