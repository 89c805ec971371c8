"""Where the commands write: lines with a style, on whatever the terminal can show."""

import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from workshop.report import Line, Paper, paper_for

STYLES = {"good": "green", "bad": "red", "dim": "dim", "bold": "bold", "": ""}


class Screen:
    """Standard output, or another text stream."""

    def __init__(self, file: TextIO | None = None) -> None:
        # Kept, not looked up again: while a lesson is graded, sys.stdout leads elsewhere.
        self.file = file or sys.stdout
        self.console = Console(file=self.file, highlight=False, markup=False, emoji=False)

    @property
    def interactive(self) -> bool:
        """Whether somebody looks at it: a terminal that can move its cursor."""
        return self.file.isatty() and not self.console.is_dumb_terminal

    @property
    def paper(self) -> Paper:
        """What reports are written on; the terminal may have changed its size since last time."""
        return paper_for(self.console.width, getattr(self.file, "encoding", None))

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line, as it is; a terminal breaks it where it must."""
        self.console.print(self.rendered([Line(text, style)]), soft_wrap=True)

    def lines(self, lines: Iterable[Line]) -> None:
        """Write several lines."""
        for line in lines:
            self.line(line.text, line.style)

    def say(self, text: str, style: str = "", indent: str = "  ") -> None:
        """Write a paragraph, broken between words."""
        self.lines(paragraph(text, self.paper, style, indent))

    def clear(self) -> None:
        """Begin a new page."""
        if self.interactive:
            self.console.clear()
        else:
            self.line()

    def bar(self, words: str, total: int | None = None) -> "Bar":
        """Return a progress bar, shown for as long as its block runs; without a total, a sign that work goes on."""
        return Bar(self, words, total)

    def rendered(self, lines: Iterable[Line]) -> Text:
        """Return several lines in one piece."""
        return Text("\n").join(Text(self.paper.text(line.text), STYLES[line.style]) for line in lines)


class Bar(Progress):
    """A progress bar on a screen, with lines below it; it vanishes when its block ends."""

    def __init__(self, screen: Screen, words: str, total: int | None) -> None:
        self._screen = screen
        self._below = Text()
        self._left = total or 0
        measure = [BarColumn(bar_width=24), MofNCompleteColumn()] if total else []
        super().__init__(
            *(TextColumn(" "), SpinnerColumn("line"), TextColumn("{task.description}"), *measure),
            console=screen.console,
            transient=True,
            disable=not screen.interactive,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self.add_task(words, total=total)

    def get_renderable(self) -> RenderableType:
        """The bar, and what was put below it."""
        return Group(super().get_renderable(), self._below) if self._below else super().get_renderable()

    def below(self, lines: Iterable[Line]) -> None:
        """Put lines below the bar."""
        self._below = self._screen.rendered(lines)

    def step(self) -> bool:
        """Move on by one; tell whether that was the last."""
        self.advance(self._task)
        self._left -= 1
        return self._left == 0

    def say(self, words: str) -> None:
        """Change the words before the bar."""
        self.update(self._task, description=words)


def paragraph(text: str, paper: Paper, style: str = "", indent: str = "  ") -> Iterator[Line]:
    """Break `text` between words to fit the paper; its own line breaks, and its indented lines, stay."""
    for line in text.splitlines() or [""]:
        if line.startswith(" ") or len(indent + line) <= paper.width:
            yield Line((indent + line).rstrip(), style)
        else:
            broken = textwrap.wrap(line, paper.width - len(indent), break_long_words=False, break_on_hyphens=False)
            yield from (Line(indent + piece, style) for piece in broken)


def shown(path: Path) -> str:
    """Return a path as somebody in this folder would write it: relative below it, absolute elsewhere."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)


def prepare_streams() -> None:
    """Let no character that a console cannot show end the program; show another one in its place."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def at_a_terminal() -> bool:
    """Whether there is somebody who can press keys and see what comes of it."""
    try:
        return sys.stdin.isatty() and sys.stdout.isatty()
    except (AttributeError, ValueError):  # closed, or never there
        return False
