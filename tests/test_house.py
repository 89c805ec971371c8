"""The rules of the house: who may import whom, what a file may look like."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.gate.imports import PACKAGE, imported

ROOT = PACKAGE.parent
OURS = ("workshop", "tests", "checks", "lessons", "solutions")
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300

COMMANDS = {"workshop.cli", "workshop.watch", "workshop.verify", "workshop.gate", "workshop.plugin"}
GRADING = {"workshop.grading", "workshop.fixtures", "workshop.reporter", "workshop.grade"}
FORBIDDEN = {
    # What the course says, how a state is laid out, what was found: they know nothing of who asks.
    "workshop/course.py": COMMANDS | GRADING | {"workshop.layout", "workshop.progress", "workshop.report"},
    "workshop/layout.py": COMMANDS | GRADING | {"workshop.progress", "workshop.report", "workshop.verdict"},
    "workshop/verdict.py": COMMANDS | GRADING | {"workshop.layout", "workshop.progress", "workshop.report"},
    "workshop/progress.py": COMMANDS | GRADING | {"workshop.layout", "workshop.report"},
    "workshop/report.py": COMMANDS | GRADING | {"workshop.layout", "workshop.progress"},
    "workshop/mistakes.py": {"workshop"},
    # What runs inside pytest knows nothing of the commands.
    "workshop/plugin.py": COMMANDS - {"workshop.plugin"},
    "workshop/grading.py": COMMANDS,
    "workshop/fixtures.py": COMMANDS,
    "workshop/reporter.py": COMMANDS,
    "workshop/grade.py": COMMANDS,
    # Nor does the gate, or the watch: commands call them.
    "workshop/verify.py": {"workshop.cli", "workshop.watch"},
    "workshop/watch.py": {"workshop.cli", "workshop.verify", "workshop.gate"},
} | {f"workshop/gate/{file.name}": {"workshop.cli", "workshop.watch"} for file in PACKAGE.glob("gate/*.py")}


def name(file: Path) -> str:
    """The file as it is named here."""
    return file.relative_to(ROOT).as_posix()


def ours(file: Path, *, inside_functions: bool = True) -> set[str]:
    """The modules of this repository that a file imports, and `shelf`."""
    found = imported(file, inside_functions=inside_functions)
    return {module for module in found if module.split(".")[0] in (*OURS, "shelf", "")}


def below(module: str, *packages: str) -> bool:
    """Whether `module` is one of `packages` or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("file", FORBIDDEN)
def test_arrows_point_one_way(file: str) -> None:
    """Commands know the parts; parts do not know commands."""
    assert not [module for module in ours(ROOT / file) if below(module, *FORBIDDEN[file])]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("testbed/*.py")), ids=name)
def test_the_testbed_knows_nothing_of_lessons(file: Path) -> None:
    """It imports itself, and nothing else of ours."""
    assert {module for module in ours(file) if not below(module, "workshop.testbed")} <= {"workshop"}


def test_checks_use_the_testbed_and_nothing_else_of_ours() -> None:
    """`shelf` appears only inside functions, which run within the service."""
    wrong = []
    for file in ROOT.glob("checks/lesson_*/*.py"):
        anywhere = [
            module for module in ours(file) if not below(module, "workshop.testbed", "workshop.mistakes", "shelf")
        ]
        at_top = [module for module in ours(file, inside_functions=False) if below(module, "shelf")]
        wrong += [f"{name(file)}: {module}" for module in anywhere + at_top if module != "workshop"]
    assert not wrong


def test_shelf_imports_nothing_of_ours() -> None:
    """The service could leave the workshop today."""
    folders = ("lessons/*/shelf", "solutions/*/shelf", "checks/*/alternatives/*/shelf")
    files = [file for folder in folders for file in ROOT.glob(f"{folder}/**/*.py")]
    assert files
    assert not [f"{name(file)}: {module}" for file in files for module in ours(file) if not below(module, "shelf")]


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_what_is_public_says_what_it_is(file: Path) -> None:
    """Modules, public classes and public functions have docstrings; imports are written in full."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{name(file)} has no docstring"
    told = {node.name for node in public(tree) if ast.get_docstring(node)}  # once is enough for what is overridden
    assert not [node.name for node in public(tree) if node.name not in told]
    assert not [module for module in imported(file) if module.startswith(".")]


def public(parent: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes, functions and methods in a module or class."""
    for node in parent.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_files_are_short(file: Path) -> None:
    """What grows longer has two subjects."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST
