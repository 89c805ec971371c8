"""The course itself passes its gate."""

import os

from workshop.course import Course
from workshop.verify import defects


def test_the_course_has_no_defect() -> None:
    """Each defect is a sentence for its author; `uv run workshop verify` prints the same."""
    # Under xdist the other processors are busy with other tests.
    jobs = 1 if "PYTEST_XDIST_WORKER" in os.environ else None
    found = defects(Course.here(), jobs=jobs)
    assert not found, "\n\n".join(["the gate found:", *map(str, found)])
