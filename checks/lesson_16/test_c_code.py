"""Lesson 16: the code itself. What is counted, and by which rules, stands in the lesson."""

import ast
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from workshop.testbed import because

CACHE = Path(__file__).parents[2] / ".workshop" / "mypy"
RULES = Path(__file__).with_name("clean.toml")
PACKAGE = "shelf/statistics"
AT_FIRST = 404
"""Statements in the starter."""
AT_MOST = AT_FIRST // 2
SECONDS = 240
FINDING = re.compile(r"(?P<place>[^:\n]+\.py:\d+)(?::\d+)?: error: (?P<text>.+)")
KNOWN = {"annotated_types", "pydantic_settings", "starlette", "typing_extensions"}
CLEAN = "'What clean means' in the lesson."


def test_half_is_enough_and_all_of_it_is_used(graded):
    """Half the statements do the same work, and each name that is defined is used."""
    sources = {file: parsed(file, graded) for file in sorted((graded / "shelf").rglob("*.py"))}
    own = {file: tree for file, tree in sources.items() if file.is_relative_to(graded / PACKAGE)}
    counts = {file.name: statements(tree) for file, tree in own.items()}
    total = sum(counts.values())
    largest = ", ".join(f"{name} {number}" for name, number in Counter(counts).most_common(4))
    assert total <= AT_MOST, because(
        saw=f"{PACKAGE}/ has {total} statements ({largest}).",
        expected=f"{AT_MOST} at most: half of the {AT_FIRST} at first.",
        cause="layers that only pass something on, tables of constants, helpers for what the language can do.",
        look=f"{CLEAN} Comments, docstrings and long lines count nothing.",
    )
    unused = dead(sources.values(), own)
    assert not unused, because(
        saw=f"Nothing in shelf/ uses {listed(unused)}.",
        expected="each function, class, method and constant there to be used by something that is used.",
        cause="it was written in case somebody needs it one day, or what needed it is gone.",
        look=CLEAN,
    )


def test_the_tools_find_nothing(graded):
    """Ruff finds nothing by the rules of the lesson, mypy nothing by its strict ones; and there is no new package."""
    new = packages(graded)
    assert not new, because(
        saw=f"{PACKAGE}/ imports {', '.join(new)}.",
        expected="no package that Shelf did not use before.",
        cause="a new dependency is code, too: more of it than was taken out.",
        look=CLEAN,
    )
    # What a comment says to the tools does not count.
    found = ruff(graded)
    assert not found, because(
        saw=f"ruff says: {listed(found)}.",
        expected="nothing, by the rules in checks/lesson_16/clean.toml.",
        cause="see there: beside each rule stands what it is about.",
        look=f"{CLEAN} A `noqa` hides a finding from you; here it does not count.",
    )
    wrong = mypy(graded)
    assert not wrong, because(
        saw=f"mypy --strict says: {listed(wrong)}.",
        expected="nothing, without a `type: ignore`.",
        cause="something is not what its type says, or has none.",
        look=CLEAN,
    )


# What the steps share


def listed(texts):
    """Some of them, in a line."""
    texts = list(dict.fromkeys(texts))
    return "; ".join(texts[:5]) + (f"; and {len(texts) - 5} more" if len(texts) > 5 else "")


def parsed(file, graded):
    """What Python makes of a file; the step fails where it makes nothing of it."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        because(
            saw=f"{file.relative_to(graded).as_posix()} cannot be read: {error}.",
            expected="Python.",
            cause="a slip, or another encoding than UTF-8.",
            look=f"{file.relative_to(graded).as_posix()}.",
        )


def statements(tree):
    """How many statements there are; docstrings are none."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)


def dead(trees, own):
    """What is defined in the lesson's files and used by nothing that is used itself."""
    defined = [(name, node, file) for file, tree in own.items() for name, node in definitions(tree)]
    gone = set()
    while True:
        used = Counter(name for tree in trees for name in names(tree, gone))
        found = {
            node
            for name, node, _ in defined
            if node not in gone and used[name] <= sum(other == name for other in names(node, gone))
        }
        if not found:
            return [f"{name} ({file.name})" for name, node, file in defined if node in gone]
        gone |= found


def definitions(tree):
    """Functions, classes, methods and constants, by name; without those that are used where they stand."""
    for node in tree.body:
        yield from definition(node)
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((name, each) for each in methods for name, _ in definition(each))


def definition(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        # A decorator such as `@router.get` has taken it; `model_...` is what Pydantic calls.
        plain = {ast.unparse(each) for each in node.decorator_list} <= {"property", "staticmethod", "classmethod"}
        if (plain or isinstance(node, ast.ClassDef)) and not node.name.startswith(("__", "model_")):
            yield node.name, node
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = [each.id for each in targets if isinstance(each, ast.Name)]
        yield from ((name, node) for name in plain if not name.startswith("__"))


def names(tree, gone):
    """The names that are read in a tree, or taken from elsewhere in it; without what is gone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node in gone:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value  # an annotation in quotes
        waiting += ast.iter_child_nodes(node)


def packages(graded):
    """Packages that the lesson's files import, and nothing else of Shelf does."""
    other, own = set(), set()
    for file in (graded / "shelf").rglob("*.py"):
        (own if file.is_relative_to(graded / PACKAGE) else other).update(imported(parsed(file, graded)))
    return sorted(own - other - KNOWN - sys.stdlib_module_names - {"shelf"})


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def ruff(graded):
    options = ["--config", str(RULES), "--ignore-noqa", "--no-cache", "--output-format", "json"]
    found = json.loads(run(["ruff", "check", *options, PACKAGE], graded).stdout or "[]")
    return [
        f"{Path(each['filename']).name}:{each['location']['row']} {each['code'] or ''} {each['message']}"
        for each in found
    ]


def mypy(graded):
    options = ["--strict", "--config-file=", "--no-error-summary", "--no-pretty", "--hide-error-context"]
    CACHE.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(CACHE / "turn.db", timeout=SECONDS)) as turn:
        turn.execute("BEGIN EXCLUSIVE")  # one at a time: the first fills the cache that makes the others quick
        done = run(["mypy", *options, "--cache-dir", str(CACHE), "-p", "shelf.statistics"], graded)
    lines = [found for line in done.stdout.splitlines() if (found := FINDING.match(line.replace("\\", "/")))]
    wrong = [f"{line['place']} {line['text']}" for line in lines if line["place"].startswith(PACKAGE)]
    if done.returncode > 1 and not wrong:  # it has not come to an end
        return [" ".join((done.stdout or done.stderr).split())[:300]]
    return wrong or list(ignored(graded))


def ignored(graded):
    """Comments that keep mypy from looking."""
    for file in sorted((graded / PACKAGE).rglob("*.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"#\s*(type:\s*ignore|mypy:)", line):
                yield f"nothing, since {file.name}:{number} has told it not to look"


def run(command, folder):
    """Run a tool of this environment; the step is not graded where there is none."""
    how = {"cwd": folder, "capture_output": True, "encoding": "utf-8", "timeout": SECONDS, "check": False}
    try:
        done = subprocess.run([sys.executable, "-I", "-m", *command], **how)  # -I: nothing in the folder is run
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} has not come to an end in {SECONDS} seconds; this machine is too busy.")
    if f"No module named {command[0]}" in done.stderr:
        pytest.skip(f"{command[0]} is not installed here: `uv sync` brings it.")
    return done
