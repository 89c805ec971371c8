"""Lesson 02: halves."""


def test_numbers_are_halved(start_shelf):
    """Numbers come back halved."""

    def half():
        from shelf.sums import Halver

        return Halver(21).half()

    assert start_shelf().ask(half) == 10
