"""What the content trees say: lessons, their data, their steps."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

REMEMBERED = 256
"""Texts of which is known what they say: a program that grades often reads the same ones each time."""


class CourseError(Exception):
    """Something asked for does not exist, or a content file is damaged; the text is for the user."""


@dataclass(frozen=True)
class Step:
    """One graded fact: a test function in `checks/`."""

    name: str
    fact: str
    """The first line of its docstring."""
    file: Path
    line: int
    guard: bool = False
    """Whether it already passes on the starter: it keeps what worked."""
    until: int | None = None
    """The first lesson to which the step no longer applies."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, by the folders that mirror one another."""

    root: Path
    number: int
    slug: str
    title: str
    minutes: int
    hints: dict[str, list[str]] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    """Modules that its service imports, for a warm start."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment variables that its service needs from this lesson on."""
    serve: dict[str, str] = field(default_factory=dict)
    """Those that have other values when it is served for a browser."""
    migrates: bool = False
    """Whether its service, from this lesson on, runs on a database that its migrations have made."""
    database: str = ""
    """The kind of database that its service runs on from this lesson on: `postgresql`."""
    world: tuple[str, ...] = ()
    """The stand-ins that its service needs from this lesson on, such as `redis`."""
    signs_in: bool = False
    """Whether its service, from this lesson on, answers only those who have signed in, so earlier steps need to."""
    removes: tuple[str, ...] = ()
    """Files of earlier lessons that this lesson's starter no longer has."""
    solution_removes: tuple[str, ...] = ()
    """Files of its starter that its solution no longer has."""

    @property
    def name(self) -> str:
        """The name of its folder in every tree, such as `lesson_04`."""
        return f"lesson_{self.number:02}"

    @property
    def heading(self) -> str:
        """Number and title, as its README begins."""
        return f"{self.number:02} · {self.title}"

    @property
    def starter(self) -> Path:
        """What the lesson gives."""
        return self.root / "lessons" / self.name

    @property
    def readme(self) -> Path:
        """The lesson's text."""
        return self.starter / "README.md"

    @property
    def solution(self) -> Path:
        """The learner's files, solved."""
        return self.root / "solutions" / self.name

    @property
    def checks(self) -> Path:
        """The steps and what proves them."""
        return self.root / "checks" / self.name

    @property
    def notebook(self) -> Path:
        """The experiment behind the lesson."""
        return self.root / "notebooks" / f"{self.name}.ipynb"

    @property
    def bugs(self) -> Path:
        """The bugs that the learner's own tests should find, where the lesson is about tests."""
        return self.checks / "bugs.py"

    @property
    def work(self) -> Path:
        """The learner's own folder."""
        return self.root / "work" / self.name

    @property
    def alternatives(self) -> list[Path]:
        """Overlays that hold other right answers."""
        folder = self.checks / "alternatives"
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    @cached_property
    def steps(self) -> list[Step]:
        """The steps in the order in which they run."""
        return [step for file in sorted(self.checks.glob("test_*.py")) for step in _steps(file)]


class Course:
    """All lessons below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @classmethod
    def here(cls) -> "Course":
        """The course that this package belongs to."""
        return cls(Path(__file__).parent.parent)

    @cached_property
    def lessons(self) -> list[Lesson]:
        """Every lesson, by number."""
        files = sorted(self.root.glob("lessons/lesson_[0-9][0-9]/lesson.toml"))
        return [_lesson(self.root, file) for file in files]

    def lesson(self, which: int | str) -> Lesson:
        """Return the lesson with this number (4, "04"), folder name ("lesson_04") or slug ("dependencies")."""
        wanted = str(which).strip("/")
        for lesson in self.lessons:
            if wanted in (lesson.slug, lesson.name, str(lesson.number), f"{lesson.number:02}"):
                return lesson
        numbers = ", ".join(str(lesson.number) for lesson in self.lessons)
        raise CourseError(f"There is no lesson {which!r}. Lessons: {numbers}.")

    def lesson_of(self, path: Path) -> Lesson | None:
        """Return the lesson in whose checks `path` lies."""
        try:
            name = path.resolve().relative_to(self.root / "checks").parts[0]
        except (ValueError, IndexError):
            return None
        return next((lesson for lesson in self.lessons if lesson.name == name), None)

    def up_to(self, lesson: Lesson) -> list[Lesson]:
        """Return this lesson and all before it."""
        return [each for each in self.lessons if each.number <= lesson.number]

    def preload(self, lesson: Lesson) -> list[str]:
        """Return the modules that a service of this lesson imports."""
        return list(dict.fromkeys(name for each in self.up_to(lesson) for name in each.preload))

    def env(self, lesson: Lesson) -> dict[str, str]:
        """Return the environment variables that a service of this lesson needs."""
        return {name: value for each in self.up_to(lesson) for name, value in each.env.items()}

    def served_env(self, lesson: Lesson) -> dict[str, str]:
        """Return the environment variables that a service of this lesson needs when it is served for a browser."""
        return self.env(lesson) | {name: value for each in self.up_to(lesson) for name, value in each.serve.items()}

    def migrates(self, lesson: Lesson) -> bool:
        """Return whether a service of this lesson runs on a database that its migrations have made."""
        return any(each.migrates for each in self.up_to(lesson))

    def database(self, lesson: Lesson) -> str:
        """Return the kind of database that a service of this lesson runs on."""
        return next((each.database for each in reversed(self.up_to(lesson)) if each.database), "sqlite")

    def world(self, lesson: Lesson) -> tuple[str, ...]:
        """Return the stand-ins that a service of this lesson needs."""
        return tuple(dict.fromkeys(name for each in self.up_to(lesson) for name in each.world))

    def signs_in(self, lesson: Lesson, service: Lesson) -> bool:
        """Return whether the steps of `lesson`, which know of no credentials, need some for a later `service`."""
        return any(each.signs_in and each.number > lesson.number for each in self.up_to(service))


def course_at(folder: str | Path | None) -> Course:
    """Return the course in `folder`; without one, the workshop's own."""
    return Course(Path(folder)) if folder else Course.here()


def _lesson(root: Path, file: Path) -> Lesson:
    try:
        data = _data(file.read_text(encoding="utf-8"))
        return Lesson(
            root=root,
            number=int(file.parent.name.removeprefix("lesson_")),
            slug=data["slug"],
            title=data["title"],
            minutes=data["minutes"],
            hints=dict(data.get("hints", {})),
            env=dict(data.get("env", {})),
            serve=dict(data.get("serve", {})),
            preload=tuple(data.get("preload", ())),
            migrates=data.get("migrates", False),
            database=data.get("database", ""),
            world=tuple(data.get("world", ())),
            signs_in=data.get("signs_in", False),
            removes=tuple(data.get("removes", ())),
            solution_removes=tuple(data.get("solution_removes", ())),
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise CourseError(f"{file.relative_to(root).as_posix()} is damaged: {error}.") from error


@lru_cache(REMEMBERED)
def _data(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _steps(file: Path) -> tuple[Step, ...]:
    return _steps_in(file.read_text(encoding="utf-8"), file)


@lru_cache(REMEMBERED)
def _steps_in(text: str, file: Path) -> tuple[Step, ...]:
    return tuple(_found(ast.parse(text), file))


def _found(tree: ast.Module, file: Path) -> Iterator[Step]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [ast.unparse(decorator) for decorator in node.decorator_list]
            until = next(
                (re.fullmatch(r"pytest\.mark\.until\((\d+)\)", mark) for mark in marks if ".until(" in mark), None
            )
            yield Step(
                name=node.name,
                fact=(ast.get_docstring(node) or node.name).partition("\n")[0],
                file=file,
                line=node.lineno,
                guard="pytest.mark.guard" in marks,
                until=int(until[1]) if until else None,
            )
