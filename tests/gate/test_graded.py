"""Points 1 to 4 can fail: what runs on a solution, a starter, a mistake, an alternative."""

from tests.gate.conftest import Judged, Tiny
from workshop.gate import alternatives, mistakes, solution, starter

CHECK = "checks/lesson_01/test_doubles.py"
MISTAKES = "checks/lesson_01/mistakes.py"
MAIN = "lessons/lesson_01/shelf/main.py"
SOLVED = "solutions/lesson_01/shelf/sums.py"


# 1: the solution


def test_a_step_that_fails_on_the_solution_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """The step is named, with what it saw."""
    tiny.edit(SOLVED, "2 * number", "3 * number")
    assert judged(solution, "the solution") == [
        f"{CHECK}: test_numbers_are_doubled fails on the solution: The double of 21 is 63."
    ]


def test_a_solution_that_only_starts_warm_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """All steps pass; the cold start does not."""
    tiny.edit(MAIN, "from starlette.applications", "import xml.dom\n\nfrom starlette.applications")
    tiny.edit(MAIN, '"healthy"', "xml.dom.minidom.Node.__name__")
    (said,) = judged(solution, "the solution")
    assert said.startswith("solutions/lesson_01: All steps pass, but in a fresh process the service does not work: ")


def test_an_earlier_step_that_a_later_solution_breaks_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """What lesson 1 asks for must hold in lesson 2."""
    tiny.edit("solutions/lesson_02/shelf/sums.py", "2 * number", "20 * number")
    assert judged(solution, "the steps of lesson_01", number=2) == [
        f"{CHECK}: test_numbers_are_doubled fails on the solution of lesson_02: The double of 21 is 420."
    ]


def test_a_later_service_keeps_its_own_environment(tiny: Tiny, judged: Judged) -> None:
    """An earlier lesson's steps meet the later lesson's service under the later lesson's variables."""
    tiny.write("solutions/lesson_02/shelf/__init__.py", 'import os\n\nos.environ["FACTOR"]\n')
    tiny.edit("lessons/lesson_02/lesson.toml", "[hints]", '[env]\nFACTOR = "2"\n\n[hints]')
    assert judged(solution, "the steps of lesson_01", number=2) == []


def test_a_step_that_no_longer_applies_is_not_asked_for(tiny: Tiny) -> None:
    """`until(2)` ends a step with lesson 2."""
    tiny.edit(CHECK, "def test_numbers", "@pytest.mark.until(2)\ndef test_numbers")
    course = tiny.course
    cases = {case.title: case for case in solution.cases(course, course.lesson(2))}
    assert [step.name for step in cases["the steps of lesson_01 on the solution"].steps] == ["test_health_answers"]


def test_checks_that_cannot_be_imported_are_a_defect(tiny: Tiny, judged: Judged) -> None:
    """A run without steps does not count as passed."""
    tiny.edit(CHECK, "import pytest", "import pytest\n\nimport nosuch")
    (said,) = judged(solution, "the solution")
    steps = "test_health_answers, test_numbers_are_doubled"
    assert said.startswith(f"checks/lesson_01: the solution could not be verified: {steps} did not run.")
    assert "nosuch" in said


# 2: the starter


def test_a_step_that_passes_on_the_starter_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """It leaves nothing to do."""
    tiny.edit("lessons/lesson_01/shelf/sums.py", "return number", "return number + number")
    assert judged(starter, "test_numbers") == [
        f"{CHECK}: test_numbers_are_doubled passes on the starter.\nLeave work to do, or mark the step as a guard."
    ]


def test_a_guard_that_fails_on_the_starter_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """It was to keep what worked."""
    tiny.edit(CHECK, "def test_numbers", "@pytest.mark.guard\ndef test_numbers")
    assert judged(starter, "test_numbers") == [
        f"{CHECK}: test_numbers_are_doubled is a guard, but fails on the starter: The double of 21 is 21."
    ]


def test_a_step_that_does_not_say_why_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """A bare `assert` gives no reason."""
    text = (tiny.root / CHECK).read_text(encoding="utf-8")
    tiny.write(CHECK, text.partition(", because(")[0] + '\n    """bare"""\n')
    (said,) = judged(starter, "test_numbers")
    assert said.startswith(f"{CHECK}: test_numbers_are_doubled fails on the starter without saying why: ")
    assert said.endswith("Use `because(...)`, or `expect(...)` on the way there.")


def test_a_starter_that_does_not_start_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """A step must fail for the lesson's reason."""
    tiny.edit("lessons/lesson_01/shelf/sums.py", "async def double", "async def twice")
    (said,) = judged(starter, "test_numbers")
    assert said.startswith("lessons/lesson_01: the starter does not start: An import failed at shelf/main.py, line 8")


# 3: mistakes


def test_a_mistake_that_is_caught_is_no_defect(judged: Judged) -> None:
    """Case and line breaks of the words do not count."""
    assert judged(mistakes, "two more") == []


def test_a_mistake_that_is_not_caught_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """The step it names passes."""
    tiny.edit(MISTAKES, '"number**2", 441', '"number * 2", 42')
    assert judged(mistakes, "the square") == [
        f'{MISTAKES}: "the square" is not caught: test_numbers_are_doubled passes.'
    ]


def test_a_mistake_caught_with_other_words_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """What the step said is shown."""
    tiny.edit(MISTAKES, "441", "442")
    (said,) = judged(mistakes, "the square")
    assert said.startswith(f'{MISTAKES}: "the square" is caught by test_numbers_are_doubled, but not with the words ')
    assert "The double of 21 is 441." in said.partition("\nThe step said:\n")[2]


def test_a_mistake_that_only_breaks_the_start_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """An import error is not the mistake that a learner makes."""
    tiny.edit(MISTAKES, "async def double(number): pass", "import nosuch")
    tiny.edit(MISTAKES, '"is None"', '"misspelt name"')
    (said,) = judged(mistakes, "nothing at all")
    assert said.startswith(f'{MISTAKES}: "nothing at all" is caught only because the service does not start: An import')


def test_a_mistake_may_be_one_about_the_start(tiny: Tiny, judged: Judged) -> None:
    """Where its words are those of the failed start, that is what it is about."""
    tiny.edit(MISTAKES, "async def double(number): pass", "import nosuch")
    tiny.edit(MISTAKES, '"is None"', '"no module named"')
    assert judged(mistakes, "nothing at all") == []


def test_an_edit_that_matches_nothing_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """The solution has changed since."""
    tiny.edit(SOLVED, "2 * number", "number * 2")
    assert judged(mistakes, "two less") == [
        f'{MISTAKES}: the edit of "two less" matches nothing in shelf/sums.py.\n'
        "The solution changed; write the edit anew."
    ]


# 4: alternatives


def test_a_right_answer_that_is_rejected_is_a_defect(tiny: Tiny, judged: Judged) -> None:
    """The alternative is named, and the step."""
    tiny.edit("checks/lesson_01/alternatives/shift/shelf/sums.py", "<< 1", "<< 2")
    (said,) = judged(alternatives, "shift")
    assert said == (
        "checks/lesson_01/alternatives/shift: "
        "test_numbers_are_doubled rejects this right answer: The double of 21 is 84."
    )
