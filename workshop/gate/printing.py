"""How the gate looks in a terminal, and in a log."""

from collections.abc import Iterable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from workshop.gate.cases import Case
from workshop.gate.defect import Defect
from workshop.gate.schedule import Watcher


def console() -> Console:
    """Return where the gate prints."""
    return Console(highlight=False)


class Bar(Watcher):
    """A progress bar that names the case which began last; none where the output is no terminal."""

    def __init__(self, console: Console) -> None:
        what = TextColumn("{task.description}", markup=False)
        columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), what)
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task = self._progress.add_task("reading the lessons", total=None)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def plan(self, cases: int) -> None:
        """Show how many cases will run."""
        self._progress.update(self._task, total=cases)

    def begin(self, case: Case) -> None:
        """Show which case begins."""
        self._progress.update(self._task, description=case.name)

    def end(self, case: Case) -> None:
        """Move on by one case."""
        self._progress.advance(self._task)


def show(defects: Iterable[Defect], count: str, console: Console) -> None:
    """Print each defect, then the line that counts."""
    for defect in defects:
        place, text = (_printable(part, console) for part in (defect.place, defect.text))
        console.print(Text.assemble((place, "bold"), ": ", text), soft_wrap=True)
        console.print()
    console.print(Text(_printable(count, console), "green" if count.startswith("No") else "red"), soft_wrap=True)


def _printable(text: str, console: Console) -> str:
    encoding = console.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)
