"""Lesson 17: what is asked for most costs little."""

from workshop.testbed import because
from workshop.testbed.caller import word

BOOKMARKS = "/api/bookmarks/"
TIMES = 3
LOOK = "shelf/bookmarks/reading.py, the two that look up accounts, and 'Where it goes' in the lesson."
SHOWN = "shelf/bookmarks/reading.py, and 'Columns, and no entities' in the lesson."


def test_reads_keep_their_budget(shelf, database):
    """One bookmark takes five trips to the database, a list six, however long; little more is read than is shown."""
    caller = shelf.sign_up()
    key = caller.post("/api/tokens/", json={"name": "reader"}).expect(201)["key"]
    saved = [caller.post(BOOKMARKS, json=bookmark(number)).expect(201).json for number in range(12)]
    path = f"{BOOKMARKS}{saved[0]['id']}/"
    same_as_saved(caller, saved)
    for how, headers in (("a token", caller.headers), ("a key", {"Authorization": f"Token {key}"})):
        one = trips(shelf, database, path, headers)
        few, many = (trips(shelf, database, f"{BOOKMARKS}?limit={limit}", headers) for limit in (2, 12))
        for what, made, most in (("one bookmark", one, 5), ("a list of 2", few, 6), ("a list of 12", many, 6)):
            assert made <= most, because(
                saw=f"GET of {what}, with {how}: {made:g} trips to the database.",
                expected=f"{most} at most. Each statement is a trip, and so is a BEGIN, a COMMIT, a ROLLBACK, and the "
                "ping of a pool.",
                cause="a statement for each bookmark." if many > few else where(made),
                look=LOOK,
            )
    for what, asked in (("one bookmark", path), ("a list of 12", f"{BOOKMARKS}?limit=12")):
        database.wire.forget()
        answer = caller.get(asked).expect(200)
        received, shown = database.wire.received, len(answer.body)
        assert received <= 1.5 * shown, because(
            saw=f"GET of {what}: the answer has {shown:,} bytes, and {received:,} came from the database for it.",
            expected="at most one and a half times as many: what nobody is shown stays where it is.",
            cause="all columns are read, `search_text` too, which repeats all texts.",
            look=SHOWN,
        )


def where(made):
    """Where trips go that are not needed."""
    if made >= 10:
        return (
            "whoever asks is looked up in a transaction, and the bookmarks are read in another one, although each only "
            "reads: two trips for BEGIN and ROLLBACK, two more for the transaction that the ping begins."
        )
    return (
        "a transaction is begun for what only reads: when an account is looked up, or by the ping. Or a statement more."
    )


def bookmark(number):
    """A bookmark with long texts and three tags."""
    texts = {name: f"{word(8)} " * 300 for name in ("description", "notes")}
    return {
        "url": f"https://{word(8)}.example/",
        "title": f"No. {number}",
        "tag_names": ["Zebra", "ant", word(5)],
        **texts,
    }


def trips(shelf, database, path, headers):
    """How many trips a GET takes, when all statements are prepared, on whatever connection, and the key is noted."""
    return min(average(shelf, database, path, headers) for _ in range(3))


def average(shelf, database, path, headers):
    """How many trips some GETs take on the average; what comes after an answer is counted with the next one."""
    shelf.get(path, headers=headers).expect(200)
    database.wire.forget()
    for _ in range(TIMES):
        shelf.get(path, headers=headers).expect(200)
    return database.wire.trips / TIMES


def same_as_saved(caller, saved):
    """Fail the step unless lists and single bookmarks are what they were when they were saved."""
    listed = caller.get(f"{BOOKMARKS}?limit=100").expect(200)
    newest_first = sorted(saved, key=lambda each: (each["date_added"], each["id"]), reverse=True)
    single = [caller.get(f"{BOOKMARKS}{each['id']}/").expect(200).json for each in newest_first]
    for which, found in (("in the list", listed["results"]), ("one by one", single)):
        differs = next((pair for pair in zip(found, newest_first, strict=True) if pair[0] != pair[1]), None)
        if differs:
            names = [name for name in {**differs[0], **differs[1]} if differs[0].get(name) != differs[1].get(name)]
            because(
                saw=f"Bookmarks were saved and then read {which}. {', '.join(names)}: first "
                f"{str([differs[1].get(name) for name in names])[:200]}, then "
                f"{str([differs[0].get(name) for name in names])[:200]}",
                expected="the same: how it is read is nobody's business.",
                cause="a column is left out or has another type, or tags come in another order.",
                look=SHOWN,
            )
