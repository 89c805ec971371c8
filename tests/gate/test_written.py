"""What needs no run can fail too: the files of the points 3 to 6, each broken in one way."""

from dataclasses import dataclass
from types import ModuleType

import pytest

from tests.gate.conftest import Tiny
from workshop.gate import agreement, alternatives, data, mistakes, texts
from workshop.gate.quotations import stands_in

README = "lessons/lesson_01/README.md"
TOML = "lessons/lesson_01/lesson.toml"
CHECK = "checks/lesson_01/test_doubles.py"
MISTAKES = "checks/lesson_01/mistakes.py"
GIVEN = "lessons/lesson_01/shelf/sums.py"
SOLVED = "solutions/lesson_01/shelf/sums.py"
OTHER = "checks/lesson_01/alternatives/sum/shelf/sums.py"
ALL = (agreement, alternatives, data, mistakes, texts)


def test_a_sound_lesson_has_no_defect(tiny: Tiny) -> None:
    """No point cries wolf."""
    assert [said for point in ALL for said in tiny.said(point)] == []
    assert list(data.unreadable(tiny.root)) == []


@dataclass
class Slip:
    """One slip of an author's, and what the gate says of it."""

    point: ModuleType
    file: str
    old: str
    new: str
    text: str
    place: str = ""
    """The file that is named, if it is another one."""


SLIPS = [
    # 3, the list
    Slip(
        mistakes, MISTAKES, "MISTAKES = [", "MISTAKES = []\nOTHERS = [", "it has 0 mistakes; a lesson has at least 8."
    ),
    Slip(mistakes, MISTAKES, '"two less"', '"two more"', '2 mistakes are named "two more".'),
    Slip(
        mistakes, MISTAKES, "import Edit, ", "import ", "it cannot be imported: NameError: name 'Edit' is not defined."
    ),
    Slip(mistakes, MISTAKES, '"is None"', '" "', '"nothing at all" does not say with which words it is caught.'),
    # 4, the overlays
    Slip(
        alternatives,
        OTHER,
        " Here the number is added to itself.",
        "",
        "no file of it says in its docstring, at the top, what is different.",
        "checks/lesson_01/alternatives/sum",
    ),
    # 5
    Slip(
        agreement,
        GIVEN,
        "number: int)",
        "number: int = 1)",
        "double is (number: int=1) -> int here, but (number: int) -> int in the solution.",
    ),
    Slip(agreement, GIVEN, "Return twice", "Give twice", "the docstring of double is not that of the solution."),
    Slip(agreement, GIVEN, "Arithmetic", "Sums", "its docstring is not that of the solution."),
    Slip(agreement, GIVEN, "double(", "twice(", "twice stands in the starter, but not in the solution."),
    Slip(agreement, GIVEN, "# TODO: ", "# ", "the learner is to edit it, but no `# TODO` says what."),
    Slip(agreement, SOLVED, "return", "# TODO: more\n    return", "the solved service still has its `# TODO`."),
    Slip(
        agreement,
        SOLVED,
        "return",
        "return (",
        f"it cannot be compared with {SOLVED}: Python cannot read line 6: '(' was never closed.",
        GIVEN,
    ),
    Slip(
        agreement,
        TOML,
        "minutes",
        'removes = ["shelf/old.py"]\nminutes',
        "it removes shelf/old.py, which no earlier lesson has.",
    ),
    Slip(
        agreement,
        TOML,
        "minutes",
        'solution_removes = ["shelf/old.py"]\nminutes',
        "its solution removes shelf/old.py, which the starter does not have.",
    ),
    # 6, the text
    Slip(texts, README, "# 01 · Twice", "# 01 Twice", 'its first line is not "# 01 · Twice the number".'),
    Slip(
        texts,
        README,
        "**Done when**",
        "Done when",
        'it has no line "**Done when** `pytest checks/lesson_01` is green."',
    ),
    Slip(texts, README, "`shelf/sums.py`", "`shelf/sum.py`", "line 3: there is no shelf/sum.py."),
    Slip(
        texts,
        README,
        "`shelf/sums.py`",
        "`work/lesson_01/shelf/sum.py:3`",
        "line 3: there is no work/lesson_01/shelf/sum.py.",
    ),
    Slip(
        texts,
        README,
        "`shelf/sums.py`",
        "`pytest checks/lesson_01::test_no`",
        "line 3: there is no checks/lesson_01::test_no.",
    ),
    Slip(texts, README, "../../solutions/lesson_01/", "../solutions/", "line 3: the link ../solutions/ leads nowhere."),
    Slip(texts, README, "../../solutions/lesson_01/", "#nowhere", "line 3: the link #nowhere leads nowhere."),
    Slip(
        texts,
        README,
        "`shelf/sums.py`",
        "`uv run workshop begin 4`",
        "line 3: there is no command `uv run workshop begin`.",
    ),
    Slip(
        texts,
        README,
        "double(number: int)",
        "double(number)",
        "the code shown at line 5 stands in no file of this or an earlier lesson.",
    ),
    Slip(
        texts, README, "await double(21)", "await double(", "the sketch at line 13 is no Python: '(' was never closed."
    ),
    # 6, the data
    Slip(
        data,
        TOML,
        '"One operator and a 2."',
        '" "',
        "test_numbers_are_doubled has 2 hints; a step has 3: direction, tool, shape.",
    ),
    Slip(
        data,
        TOML,
        "test_health_answers",
        "test_wealth_answers",
        "it has hints for test_wealth_answers, which is no step.",
    ),
    Slip(data, TOML, '"doubles"', '"halves"', 'another lesson has the slug "halves" too.'),
    Slip(
        data,
        TOML,
        '"doubles"',
        '"Doubles"',
        'the slug "Doubles" is not made of small letters, digits and single hyphens.',
    ),
    Slip(data, TOML, "preload", "preloads", "nothing reads `preloads`."),
    Slip(
        data, TOML, '"starlette.applications"', '"starlette.nosuch"', "there is no module starlette.nosuch to preload."
    ),
    Slip(data, TOML, "minutes = 5", "minutes = 0", "`minutes` is no number of minutes."),
    Slip(
        data,
        CHECK,
        '    """Health answers."""\n',
        "",
        "test_health_answers has no docstring; its first line is the fact that a learner reads.",
    ),
    Slip(
        data,
        CHECK,
        "def test_numbers",
        "async def test_numbers",
        "test_numbers_are_doubled is async; steps are plain functions.",
    ),
    Slip(
        data,
        CHECK,
        "mark.guard",
        "mark.slow",
        "test_health_answers has the decorator @pytest.mark.slow; there are guard, sqlite, until(lesson).",
    ),
    Slip(
        data,
        CHECK,
        "test_numbers_are_doubled",
        "test_health_answers",
        "2 steps are named test_health_answers.",
        "checks/lesson_01",
    ),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.text[:60])
def test_a_slip_is_named(tiny: Tiny, slip: Slip) -> None:
    """One sentence names the file and the thing."""
    tiny.edit(slip.file, slip.old, slip.new)
    assert f"{slip.place or slip.file}: {slip.text}" in tiny.said(slip.point)


def copy(tiny: Tiny, source: str, target: str) -> None:
    """Copy a file of the course."""
    tiny.write(target, (tiny.root / source).read_text(encoding="utf-8"))


def test_a_lesson_holds_no_file_that_it_does_not_change(tiny: Tiny) -> None:
    """Nothing is stored twice."""
    copy(tiny, "lessons/lesson_01/shelf/main.py", "lessons/lesson_02/shelf/main.py")
    copy(tiny, "lessons/lesson_01/shelf/main.py", "solutions/lesson_02/shelf/main.py")
    assert tiny.said(agreement, number=2) == [
        "lessons/lesson_02/shelf/main.py: it is the same as in the state before the lesson; delete it.",
        "solutions/lesson_02/shelf/main.py: it is the same as in the starter; delete it.",
        "lessons/lesson_02/shelf/main.py: the learner is to edit it, but no `# TODO` says what.",
    ]


def test_a_new_file_of_a_solution_is_in_the_text(tiny: Tiny) -> None:
    """The learner must be told to make it."""
    tiny.write("solutions/lesson_01/shelf/more.py", "")
    text = "the starter has no such file, and the lesson's README does not say that it is new."
    assert tiny.said(agreement) == [f"solutions/lesson_01/shelf/more.py: {text}"]
    tiny.edit(README, "`shelf/sums.py`", "`shelf/more.py`, a new file")
    assert tiny.said(agreement) == []


def test_methods_agree_too(tiny: Tiny) -> None:
    """A method is named with its class."""
    tiny.edit("lessons/lesson_02/shelf/sums.py", "def half", "async def half")
    tiny.edit("lessons/lesson_02/shelf/sums.py", "def __init__(self, number: int)", "def __init__(self, number: str)")
    # `async` may differ in `half`, whose body has the work.
    assert tiny.said(agreement, number=2) == [
        "lessons/lesson_02/shelf/sums.py: Halver.__init__ is (self, number: str) -> None here, "
        "but (self, number: int) -> None in the solution."
    ]


def test_a_todo_above_a_definition_frees_all_of_it(tiny: Tiny) -> None:
    """Where the signature itself is the work, the `# TODO` stands before it."""
    tiny.edit(GIVEN, "async def double(number: int)", "# TODO: any number, please.\ndef double(number)")
    assert tiny.said(agreement) == []


def test_only_a_todo_allows_async_to_differ(tiny: Tiny) -> None:
    """Elsewhere a learner would wonder."""
    tiny.edit(GIVEN, "    # TODO: this is not the double yet.\n", "")
    tiny.edit(GIVEN, "async def", "def")
    tiny.edit(GIVEN, '"""Arithmetic."""', '"""Arithmetic."""\n# TODO: something.')
    (said,) = tiny.said(agreement)
    assert "double is `async` in only one of starter and solution" in said


def test_two_alternatives_at_least(tiny: Tiny) -> None:
    """One is too few, and the solution again is none."""
    (tiny.root / OTHER).unlink()
    copy(tiny, SOLVED, "checks/lesson_01/alternatives/shift/shelf/sums.py")
    assert tiny.said(alternatives)[:2] == [
        "checks/lesson_01/alternatives/shift/shelf/sums.py: it is the same as the solution's; delete it.",
        "checks/lesson_01/alternatives/shift: no file of it says in its docstring, at the top, what is different.",
    ]
    assert "checks/lesson_01/alternatives/sum: it holds no file." in tiny.said(alternatives)
    assert "checks/lesson_02/alternatives: it holds 0 alternatives; a lesson has at least 2." in tiny.said(
        alternatives, number=2
    )


def test_a_mistake_names_a_step_that_exists(tiny: Tiny) -> None:
    """Nothing else could catch it."""
    tiny.edit(MISTAKES, 'STEP = "test_numbers_are_doubled"', 'STEP = "test_no"')
    assert f'{MISTAKES}: "the square" names the step test_no, which does not exist.' in tiny.said(mistakes)


def test_a_missing_file_is_named(tiny: Tiny) -> None:
    """Mistakes and text are no extras."""
    (tiny.root / README).unlink()
    (tiny.root / MISTAKES).unlink()
    assert tiny.said(texts) == [f"{README}: there is no such file."]
    assert tiny.said(mistakes)[0].startswith(f"{MISTAKES}: there is no such file.")


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (TOML, 'slug = "doubles"', "", f"{TOML}: `slug` is missing."),
        (TOML, "minutes = 5", 'minutes = "5"', f"{TOML}: `minutes` is no int."),
        (TOML, "[hints]", "[hints", f"{TOML}: it is damaged: Expected ']' at the end of a table declaration"),
        (CHECK, '"""Lesson', 'def"""Lesson', f"{CHECK}: Python cannot read line 1: "),
    ],
)
def test_what_cannot_be_read_is_named_first(tiny: Tiny, file: str, old: str, new: str, sentence: str) -> None:
    """Without it no point can be looked at."""
    tiny.edit(file, old, new)
    (defect,) = data.unreadable(tiny.root)
    assert str(defect).startswith(sentence)


def test_a_gap_between_lessons_is_named(tiny: Tiny) -> None:
    """Every state stands on the one before."""
    (tiny.root / "lessons/lesson_02").rename(tiny.root / "lessons/lesson_03")
    assert list(map(str, data.unreadable(tiny.root))) == [
        "lessons/lesson_03/lesson.toml: the lesson before it is missing: lesson_02."
    ]


@pytest.mark.parametrize(
    ("code", "stands"),
    [
        ("a = 1\nb = 2", True),
        ("    a = 1\n    b = 2\n", True),
        ("def f():\n    ...\n    return 2", True),
        ("return 1\nif x:", True),
        ("a = 1\n...\nreturn 2", True),
        ("return 2\n...\na = 1", False),
        ("a = 1\nreturn 2", False),
        ("a = 1\n\nb = 2", False),
        ("def f():\n  x = 1", False),
    ],
)
def test_code_shown_stands_line_by_line(code: str, stands: bool) -> None:
    """Indentation as a whole does not count, `...` stands for lines left out, and the order counts."""
    text = "a = 1\nb = 2\n\ndef f():\n    x = 1\n    return 1\n    if x:\n        pass\n    return 2\n"
    assert stands_in(code, ["other\n", text]) is stands
