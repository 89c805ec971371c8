"""The course itself passes its gate."""

from workshop.course import Course
from workshop.verify import defects


def test_the_course_has_no_defect() -> None:
    """Each defect is a sentence for its author; `uv run workshop verify` prints the same."""
    found = defects(Course.here())
    assert not found, "\n\n".join(["the gate found:", *map(str, found)])
