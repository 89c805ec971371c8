"""What the gate remembers: the fingerprints of the cases that passed, so that they need not run again."""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from workshop.course import Course, Lesson
from workshop.gate.cases import Case
from workshop.verdict import write_text

VERSION = 1


class Memory:
    """The cases that passed, by name; `.workshop/verify.json` keeps them."""

    def __init__(self, course: Course) -> None:
        self.file = course.root / ".workshop" / "verify.json"
        self.passed = self._read()
        self._digests: dict[Path, bytes] = {}

    def _read(self) -> dict[str, str]:
        try:
            data = json.loads(self.file.read_text(encoding="utf-8"))
            return dict(data["passed"]) if data["version"] == VERSION else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def fingerprint(self, case: Case) -> str:
        """Return a hash of everything that the outcome of a case depends on."""
        digest = hashlib.sha256()
        parts = [sys.version, sys.platform, case.details()]
        for relative, file in sorted(case.state.items()):
            parts += [relative.as_posix(), self._digest(file)]
        for file in sorted(case.files()):
            parts += [file.name, self._digest(file)]
        digest.update("\0".join(parts).encode())
        return digest.hexdigest()

    def _digest(self, file: Path) -> str:
        if file not in self._digests:
            self._digests[file] = hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest()
        return self._digests[file].hex()

    def knows(self, case: Case) -> bool:
        """Whether the case has passed, and nothing that could touch it has changed since."""
        return self.passed.get(case.name) == self.fingerprint(case)

    def keep(self, lessons: Iterable[Lesson], passed: Iterable[Case]) -> None:
        """Remember the cases of these lessons that passed, and forget all their others."""
        forget = tuple(f"{lesson.name}: " for lesson in lessons)
        others = {name: mark for name, mark in self._read().items() if not name.startswith(forget)}
        self.passed = others | {case.name: self.fingerprint(case) for case in passed}
        text = json.dumps({"version": VERSION, "passed": self.passed}, indent=2, sort_keys=True)
        write_text(self.file, text + "\n")
