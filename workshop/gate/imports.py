"""Which module imports which, read from the sources."""

import ast
from functools import cache
from pathlib import Path

import workshop

PACKAGE = Path(workshop.__file__).parent


def imported(file: Path, *, inside_functions: bool = True) -> set[str]:
    """Return the modules that `file` imports; `from a import b` counts as `a` and as `a.b`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree) if inside_functions else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def source_of(module: str) -> Path | None:
    """Return the file of one of the workshop's modules; None for anything else."""
    parts = module.split(".")
    if parts[0] != PACKAGE.name:
        return None
    place = PACKAGE.joinpath(*parts[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


@cache
def sources(*modules: str) -> frozenset[Path]:
    """Return the files of these modules of the workshop, and of all modules that they import in turn."""
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        file = source_of(waiting.pop())
        if file and file not in found:
            found.add(file)
            waiting += imported(file)
    return frozenset(found)
