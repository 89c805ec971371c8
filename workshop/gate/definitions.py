"""The public names of a Python file, in a form that can be compared."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
TODO = "# TODO"


@dataclass(frozen=True)
class Definition:
    """A public class, function or method."""

    name: str
    """With the class before it, such as `Store.add`."""
    signature: str | None
    """Parameters, defaults and annotations; None for a class."""
    is_async: bool
    docstring: str | None
    inside: bool
    """Whether a `# TODO` stands in it: its body is the learner's work."""
    whole: bool
    """Whether a `# TODO` stands directly above it, or above its class: all of it is the learner's work."""


def definitions(source: str) -> dict[str, Definition]:
    """Return the public definitions of a file's `source`, by name."""
    return {each.name: each for each in _definitions(ast.parse(source), source.splitlines(), "", whole=False)}


def _definitions(
    parent: ast.Module | ast.ClassDef, lines: list[str], prefix: str, *, whole: bool
) -> Iterator[Definition]:
    for node in parent.body:
        if isinstance(node, Function | ast.ClassDef) and _is_public(node.name):
            free = whole or _todo_above(node, lines)
            yield Definition(
                name=prefix + node.name,
                signature=None if isinstance(node, ast.ClassDef) else _signature(node),
                is_async=isinstance(node, ast.AsyncFunctionDef),
                docstring=ast.get_docstring(node),
                inside=any(TODO in line for line in lines[node.lineno : node.end_lineno]),
                whole=free,
            )
            if isinstance(node, ast.ClassDef):
                yield from _definitions(node, lines, f"{prefix}{node.name}.", whole=free)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _signature(node: Function) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def _todo_above(node: Function | ast.ClassDef, lines: list[str]) -> bool:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return any(TODO in line for line in lines[first : node.lineno])
