"""Lesson 01: doubles."""

import pytest

from workshop.testbed import because


@pytest.mark.guard
def test_health_answers(shelf):
    """Health answers."""
    shelf.get("/health").expect(200)


def test_numbers_are_doubled(shelf):
    """Numbers come back doubled."""
    double = shelf.get("/double", params={"number": 21}).expect(200).json
    assert double == 42, because(
        saw=f"The double of 21 is {double}.",
        expected="42.",
        cause="another sum.",
        look="shelf/sums.py.",
    )
