"""Point 6, the text: the code that a README shows, the links, files and commands that it names."""

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from workshop import layout
from workshop.course import Course, Lesson
from workshop.gate import markdown
from workshop.gate.defect import Defect, shown
from workshop.gate.imports import PACKAGE
from workshop.gate.quotations import stands_in

PYTHON = {"python", "py", "python3"}
SHELL = {"bash", "sh", "shell", "console", "powershell", ""}
SKETCH = "sketch"
"""```python sketch: code that stands nowhere, on purpose."""
HOUSE = re.compile(r"(?:shelf|lessons|solutions|checks|notebooks|workshop|tests|work)/[\w./-]*(?:::\w+)?")
COMMAND = re.compile(r"\buv run workshop ([a-z][\w-]*)")


def defects(course: Course, lesson: Lesson) -> Iterator[Defect]:
    """Yield what is wrong in a lesson's README."""
    place = shown(course.root, lesson.readme)
    if not lesson.readme.is_file():
        yield Defect(place, "there is no such file.")
        return
    source = lesson.readme.read_text(encoding="utf-8")
    if source.partition("\n")[0].rstrip() != f"# {lesson.heading}":
        yield Defect(place, f'its first line is not "# {lesson.heading}".')
    done = re.search(r"^\*\*Done when\*\*.*?(?=\n\n|\Z)", source, re.MULTILINE | re.DOTALL)
    if not done or f"pytest checks/{lesson.name}" not in done[0]:
        yield Defect(place, f'it has no line "**Done when** `pytest checks/{lesson.name}` is green."')
    text = markdown.read(lesson.readme)
    yield from _quotations(course, lesson, text)
    yield from named(course, lesson, lesson.readme, text)


def _quotations(course: Course, lesson: Lesson, text: markdown.Text) -> Iterator[Defect]:
    layers = [layer for each in course.up_to(lesson) for layer in (each.starter, each.solution)]
    files = [file for layer in layers for file in layout.files_in(layer).values()]
    sources = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    place = shown(course.root, lesson.readme)
    for fence in (fence for fence in text.fences if fence.language in PYTHON):
        if SKETCH not in fence.words and not stands_in(fence.code, sources):
            yield Defect(place, f"the code shown at line {fence.line} stands in no file of this or an earlier lesson.")
        if SKETCH in fence.words and (error := _slip(fence.code)):
            yield Defect(place, f"the sketch at line {fence.line} is no Python: {error}.")


def _slip(code: str) -> str:
    try:
        ast.parse(textwrap.dedent(code))
    except SyntaxError as error:
        return error.msg
    return ""


def named(course: Course, lesson: Lesson, file: Path, text: markdown.Text) -> Iterator[Defect]:
    """Yield the links, files and commands that a text names and that do not exist; `shelf/...` is `lesson`'s."""
    place = shown(course.root, file)
    for line, target in text.links:
        if not _link_leads_somewhere(file, target, text):
            yield Defect(place, f"line {line}: the link {target} leads nowhere.")
    shell = [(fence.line, fence.code) for fence in text.fences if fence.language in SHELL]
    for line, code in [*text.codes, *shell]:
        for name in filter(None, (_house_path(word) for word in code.split())):
            if not _exists(course, lesson, name):
                yield Defect(place, f"line {line}: there is no {name}.")
    for line, code in [*text.codes, *((fence.line, fence.code) for fence in text.fences)]:
        for command in COMMAND.findall(code):
            if command not in commands():
                yield Defect(place, f"line {line}: there is no command `uv run workshop {command}`.")


def _link_leads_somewhere(file: Path, target: str, text: markdown.Text) -> bool:
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return True
    path, _, anchor = target.partition("#")
    linked = file.parent / path if path else file
    if not linked.exists():
        return False
    if anchor and linked.suffix == ".md":
        return anchor in (text if linked == file else markdown.read(linked)).anchors
    return True


def _house_path(word: str) -> str:
    """Return the path of the house that a word of code names, if it names one; `NN` and the like stand for many."""
    word = re.sub(r":\d+$", "", word.strip("\"'()[],;").rstrip(".:"))
    return word if HOUSE.fullmatch(word) and not re.search(r"NN|/N\b|\.\.\.", word) else ""


def _exists(course: Course, lesson: Lesson, name: str) -> bool:
    path, _, step = name.partition("::")
    parts = PurePosixPath(path).parts
    if parts[0] == "work":
        return _exists_in_work(course, parts[1:])
    if parts[0] == "shelf" or (parts[0] == "tests" and lesson.bugs.is_file()):
        files = {file for each in course.up_to(lesson) for file in layout.solved(course, each)}
        return any(PurePosixPath(path) in (file, *file.parents) for file in files)
    if step:
        steps = {(shown(course.root, known.file), known.name) for each in course.lessons for known in each.steps}
        return any(at.startswith(path) and known == step for at, known in steps)
    return (course.root / path).exists()


def _exists_in_work(course: Course, parts: tuple[str, ...]) -> bool:
    if not parts or not parts[0].startswith("lesson_"):
        return True
    lesson = next((each for each in course.lessons if each.name == parts[0]), None)
    return lesson is not None and (len(parts) == 1 or _exists(course, lesson, "/".join(parts[1:])))


@cache
def commands() -> frozenset[str]:
    """Return the names of the workshop's commands, read from the source."""
    found = set()
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                calls = [call for call in node.decorator_list if isinstance(call, ast.Call)]
                found |= {_command(node, call) for call in calls if ast.unparse(call.func).endswith(".command")}
    return frozenset(found)


def _command(node: ast.FunctionDef, call: ast.Call) -> str:
    name = call.args[0] if call.args else None
    return str(name.value) if isinstance(name, ast.Constant) else node.name.replace("_", "-")
