"""The learner's state survives, also when its file does not."""

from workshop.course import Course
from workshop.progress import Progress


def test_progress_is_kept(two_lessons: Course) -> None:
    """What was passed and which hints were shown is there the next time."""
    first, second = two_lessons.lessons
    progress = Progress.of(two_lessons)
    assert progress.current(two_lessons) is first
    progress.mark_passed(first)
    progress.show_hint(second, "test_x")
    progress.save()

    again = Progress.of(two_lessons)

    assert again.passed(first)
    assert again.current(two_lessons) is second
    assert (again.hints_shown(second, "test_x"), again.hints_shown(second, "test_y")) == (1, 0)


def test_the_first_pass_counts(two_lessons: Course) -> None:
    """Passing again does not change when a lesson was passed."""
    progress = Progress.of(two_lessons)
    lesson = two_lessons.lesson(1)
    progress.mark_passed(lesson)
    progress.lessons[lesson.slug]["passed_at"] = "2026-01-01T00:00:00Z"
    progress.mark_passed(lesson)
    assert progress.lessons[lesson.slug]["passed_at"] == "2026-01-01T00:00:00Z"


def test_a_damaged_file_is_kept_aside(two_lessons: Course) -> None:
    """A file that cannot be read is not lost and not in the way."""
    for damage in ("{", "[]", '{"version": 99, "lessons": {}}', "\udcff"):
        file = two_lessons.root / ".workshop" / "progress.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(damage, encoding="utf-8", errors="surrogateescape")

        progress = Progress.of(two_lessons)

        assert progress.lessons == {}
        assert progress.kept_aside is not None
        assert progress.kept_aside.read_bytes() == damage.encode("utf-8", errors="surrogateescape")
        progress.kept_aside.unlink()
