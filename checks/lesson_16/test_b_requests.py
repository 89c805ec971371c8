"""Lesson 16: what happens when the database fails, and when two people ask."""

import json
import random

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
ROUTES = ("/api/statistics/", "/api/statistics/days/", "/api/statistics/tags/")
QUESTIONS = "shelf/statistics/, and 'Questions' in the lesson."


def test_what_cannot_be_known_is_no_zero(shelf, database):
    """When the database fails, the answer is an error, not zeros; when it is well again, so are the answers."""
    ann = shelf.sign_up()
    save(ann, 3)
    before = [ann.get(path).expect(200).json for path in ROUTES]
    database.execute("ALTER TABLE bookmarks RENAME TO bookmarks_elsewhere")
    try:
        failed = [ann.get(path) for path in ROUTES]
    finally:
        database.execute("ALTER TABLE bookmarks_elsewhere RENAME TO bookmarks")
    for answer in failed:
        answer.expect(
            *(500, 503),
            about="Ann has bookmarks, and the database cannot say how many: each statement about them fails.",
            expected="500 or 503, as on every other route: whoever asks must see that the answer is not known.",
            cause="an `except` turns each failure into numbers. Nobody can tell these zeros from an empty shelf's.",
            look=QUESTIONS,
        )
    after = [ann.get(path).expect(200, about="The database is well again:").json for path in ROUTES]
    assert after == before, because(
        saw=f"The database failed for a moment. Then Ann's statistics are {json.dumps(after)}",
        expected=f"what they were before: {json.dumps(before)}",
        cause="something of the failure is kept.",
        look=QUESTIONS,
    )


def test_requests_know_nothing_of_one_another(shelf):
    """Two people can ask at once: nobody waits for the other, and each is told about their own bookmarks."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    for caller, number in ((ann, 1), (ben, 2)):
        save(caller, number)
    expected = {caller: [caller.get(path).expect(200).json for path in ROUTES] for caller in (ann, ben)}
    for number, path in enumerate(ROUTES):
        held = shelf.hold_statement("bookmark")
        slow = ann.start("GET", path)
        held.wait_for(1)
        about = f"Ann asked {path}, and the database takes its time over that. Meanwhile Ben asks as well."
        others = [ben.start("GET", each) for each in ROUTES]
        quick = [each.answer() for each in others]
        held.release()
        for answer in quick:
            assert answer.answered, because(
                saw=f"{about} {answer}.{shelf.standstill}",
                expected="his answer: her statement is none of his, and while it is awaited the event loop is free.",
                cause=why_waiting(shelf),
                look=QUESTIONS,
            )
        told(about, "Ben", quick, expected[ben])
        told(about, "Ann", [slow.answer()], expected[ann][number : number + 1])


# What the steps share


def save(caller, number):
    """Save so many bookmarks, and one more tag than that."""
    word = f"w{random.randrange(16**8):08x}"
    for each in range(number):
        tags = [f"{word}{each}", f"{word}{each + 1}"]
        caller.post(BOOKMARKS, json={"url": f"https://example.com/{word}/{each}", "tag_names": tags}).expect(201)


def why_waiting(shelf):
    """What lets a request wait for another."""
    if shelf.standstill:
        return (
            "a lock of `threading` is held while something is awaited. The second request blocks the one thread that"
            " the first one needs to go on."
        )
    return "requests take turns, by a lock. Shared state needs one; state that is not shared needs none."


def told(about, name, answers, expected):
    """Fail the step unless these are the answers."""
    for answer, wanted in zip(answers, expected, strict=True):
        answer.expect(200, about=about, cause=MIXED, look=QUESTIONS)
        assert answer.json == wanted, because(
            saw=f"{about} {name} is told: {answer}",
            expected=f"what {name} was told before, alone: {json.dumps(wanted)}",
            cause=MIXED,
            look=QUESTIONS,
        )


MIXED = (
    "requests share an object, and it holds what belongs to one of them: who is asking, their session, their numbers."
)
