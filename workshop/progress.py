"""The learner's state: one readable JSON file, keyed by the lessons' slugs."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workshop.course import Course, Lesson
from workshop.verdict import write_text

VERSION = 1


@dataclass
class Progress:
    """What a learner has done; `save` writes it."""

    file: Path
    lessons: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept_aside: Path | None = None
    """Where a damaged file was put, if the one read was damaged."""

    @classmethod
    def of(cls, course: Course) -> "Progress":
        """Read the state; a damaged file is kept aside under another name, not lost."""
        file = course.root / ".workshop" / "progress.json"
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if data["version"] != VERSION or not isinstance(data["lessons"], dict):
                raise ValueError(data["version"])
            return cls(file, data["lessons"])
        except FileNotFoundError:
            return cls(file)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            aside = file.with_name(f"progress.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}.json")
            file.replace(aside)
            return cls(file, kept_aside=aside)

    def save(self) -> None:
        """Write the state, whole or not at all."""
        data = {"version": VERSION, "lessons": self.lessons}
        write_text(self.file, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def _of(self, lesson: Lesson) -> dict[str, Any]:
        return self.lessons.setdefault(lesson.slug, {})

    def passed(self, lesson: Lesson) -> bool:
        """Whether the lesson was ever passed."""
        return "passed_at" in self.lessons.get(lesson.slug, {})

    def mark_passed(self, lesson: Lesson) -> None:
        """Note that the lesson was passed, the first time."""
        self._of(lesson).setdefault("passed_at", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def current(self, course: Course) -> Lesson:
        """The first lesson that was not passed yet; the last one when all were."""
        return next((lesson for lesson in course.lessons if not self.passed(lesson)), course.lessons[-1])

    def hints_shown(self, lesson: Lesson, step: str) -> int:
        """How many hints of a step were shown so far."""
        shown = self.lessons.get(lesson.slug, {}).get("hints", {}).get(step, 0)
        return shown if isinstance(shown, int) else 0

    def show_hint(self, lesson: Lesson, step: str) -> None:
        """Note that one more hint of a step was shown."""
        self._of(lesson).setdefault("hints", {})[step] = self.hints_shown(lesson, step) + 1
