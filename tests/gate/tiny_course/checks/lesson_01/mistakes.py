"""Lesson 01: what learners write first."""

from workshop.mistakes import Edit, Mistake

STEP = "test_numbers_are_doubled"


def _returns(name: str, expression: str, double: int) -> Mistake:
    edit = Edit("shelf/sums.py", "return 2 * number", f"return {expression}")
    return Mistake(name=name, edits=[edit], caught_by=STEP, says=f"the double of 21\nis {double}")


MISTAKES = [
    _returns("the number itself", "number", 21),
    _returns("the square", "number**2", 441),
    _returns("two more", "number + 2", 23),
    _returns("two less", "number - 2", 19),
    _returns("the half", "number // 2", 10),
    _returns("three times", "3 * number", 63),
    _returns("the negative double", "-2 * number", -42),
    Mistake(
        name="nothing at all",
        files={"shelf/sums.py": "async def double(number): pass\n"},
        caught_by=STEP,
        says="is None",
    ),
]
