"""Lesson 16: what statistics answer, about one shelf and about many."""

import html
import json
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
OVERVIEW = "/api/statistics/"
DAYS = "/api/statistics/days/"
SHARES = "/api/statistics/tags/"
RECORDED = Path(__file__).with_name("recorded.json")
"""Answers of checks/lesson_16/reference.py, which knows no database."""
LOOK = "shelf/statistics/, and 'What it answers' in the lesson."


@pytest.mark.guard
def test_what_was_right_stays_right(shelf):
    """What was answered rightly before is answered still: the recorded answers, the defaults, the refusals."""
    caller = shelf.sign_up()
    for record in json.loads(RECORDED.read_text(encoding="utf-8")):
        if "bookmarks" in record:
            bring(caller := shelf.sign_up(), record["bookmarks"], record["more_tags"])
        else:
            recorded(caller, record)
    before = datetime.now(UTC).date()
    answer = caller.get(DAYS).expect(200)
    given = [day["date"] for day in answer["days"]]
    last = before if given[-1:] == [str(before)] else datetime.now(UTC).date()
    assert (answer["zone"], given) == ("UTC", [str(last - timedelta(days=ago)) for ago in reversed(range(30))]), (
        because(
            saw=f"{answer}",
            expected="thirty days up to today, in UTC.",
            cause="a default is not what it was.",
            look=LOOK,
        )
    )
    for path, wrong in REFUSED:
        cause = {"cause": ZONES} if "zone" in wrong else {}
        about, still = f"With {json.dumps(wrong)}:", "422: what was refused before is refused still."
        caller.get(path, params=wrong).expect(422, about=about, expected=still, look=LOOK, **cause)
    for path in (OVERVIEW, DAYS, SHARES):
        shelf.get(path).expect(401, about="Without a token:", look=LOOK)


def test_each_bookmark_counts_once_and_for_its_owner(shelf):
    """A bookmark counts once, however many tags it has, and only for its owner."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    first, second, third, fourth = (word() for _ in range(4))
    bring(
        ann,
        [
            link(tags=[first, second], unread=True),
            link(tags=[first, second, third], archived=True),
            link(tags=[first], unread=True, archived=True),
            link(unread=True),
        ],
    )
    expected = {"bookmarks": 4, "archived": 2, "unread": 3, "tags": 3, "tagged_percent": 75}
    shares = {first: (3, 75), second: (2, 50), third: (1, 25)}
    about = "Ann has four bookmarks: one with two tags, one with three, one with one, and one with none."
    counted(ann, expected, about, FAN_OUT)
    shared(ann, shares, about, FAN_OUT)
    bring(ben, [link(tags=[first, fourth]), link(tags=[word()], archived=True), link(unread=True)])
    about += " Then Ben saved three of his own, with three tags, one of which has the name of one of hers."
    counted(ann, expected, about, LEAK)
    shared(ann, shares, about, LEAK)
    counted(ben, {"bookmarks": 3, "archived": 1, "unread": 1, "tags": 3, "tagged_percent": 66}, f"{about} Ben:", LEAK)
    bring(ann, [link(tags=[fourth])])
    about += " Then Ann saved a fifth, with a tag that is new to her."
    counted(ann, {"bookmarks": 5, "archived": 2, "unread": 3, "tags": 4, "tagged_percent": 80}, about, OUTDATED)
    shared(ann, {first: (3, 60), second: (2, 40), third: (1, 20), fourth: (1, 20)}, about, OUTDATED)


def test_a_day_is_a_day_where_the_reader_is(shelf):
    """A day goes from midnight to midnight in the reader's zone, and the window has the days that it says, whole."""
    ann = shelf.sign_up()
    moments = {window: list(moments_of(*window)) for window in WINDOWS}
    bring(ann, [link(added=moment) for window in moments.values() for moment in window])
    for window, added in moments.items():
        whole_days(ann, *window, added)
    here = {}
    for name in (EARLIEST, LATEST):
        reader = shelf.sign_up()
        before = datetime.now(ZoneInfo(name)).date()
        reader.post(BOOKMARKS, json={"url": link()["url"]}).expect(201)
        answer = reader.get(DAYS, params={"zone": name, "days": 2}).expect(200)
        here[name] = [day["date"] for day in answer["days"]]
        days = {str(before), str(datetime.now(ZoneInfo(name)).date())}
        assert days.intersection(here[name][-1:]), because(
            saw=f"In {name} it is {' or '.join(sorted(days))}, and without `until` {answer}",
            expected="days up to today, as it is today in the zone.",
            cause="'today' is that of the server, or of UTC.",
            look=f"{LOOK} What day is it, and where?",
        )
        assert sum(day["added"] for day in answer["days"]) == 1, because(
            saw=f"A bookmark was saved a moment ago. In {name}, {answer}",
            expected="it counts, on the day that it is there.",
            cause="the window ends before this moment, or is one of another zone.",
            look=LOOK,
        )


def test_a_prefix_is_only_a_text_and_tags_cost_no_statements(shelf):
    """A prefix is nothing but a text, and many tags take no more statements than few."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    secret = word()
    ben.post(TAGS, json={"name": secret}).expect(201)
    bring(ann, [link(tags=["a", "b"]), link(tags=["b", "c"])])
    few = statements(ann)
    for mark in MARKS:
        for name in (f"q{mark}z", "qyz", f"{mark}q"):
            ann.post(TAGS, json={"name": name}).expect(201)
    for mark in MARKS:
        begins_with(ann, f"q{mark}", [f"q{mark}z"])
        begins_with(ann, f"Q{mark}Z", [f"q{mark}z"])
        begins_with(ann, mark, [f"{mark}q"])
    for attack in (
        f"{ATTACK}",
        f"%{ATTACK}",
        "x' OR 1=1 -- ",
        "x' UNION SELECT id, name, name FROM tags WHERE 'a' LIKE 'a",
    ):
        begins_with(ann, attack, [])
    bring(ann, [link(tags=[word(), word()]) for _ in range(15)])
    for path, before, after in zip((OVERVIEW, DAYS, SHARES), few, statements(ann, days=300), strict=True):
        assert len(after) <= len(before), because(
            saw=f"On two bookmarks with three tags, GET {path} took {len(before)} statements; with many tags, or for"
            f" many days, it took {len(after)}. The last one: {after[-1]}",
            expected="as many as before: the number of statements depends neither on tags nor on days.",
            cause="a statement for each row or day, in a loop. The database can count all of them at once: GROUP BY.",
            look="shelf/statistics/, and 'Questions' in the lesson.",
        )


# What the steps share

REFUSED = [
    *((DAYS, {"days": days}) for days in (0, -1, 367, "many")),
    *((DAYS, {"until": until}) for until in ("1999-12-31", "2101-01-01", "yesterday")),
    *((DAYS, {"zone": zone}) for zone in ("Mars/Base", "../etc", "Europe")),
    *((SHARES, {"limit": limit}) for limit in (0, 101)),
    (SHARES, {"prefix": "p" * 65}),
]
ZONES = (
    "ZoneInfo raises more than one kind of error: ZoneInfoNotFoundError, ValueError, and OSError for the name of a"
    " folder. Pydantic knows them all: a parameter can have the type ZoneInfo."
)
EARLIEST, LATEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
"""Never the same day: 25 hours are between them."""
WINDOWS = [
    ("UTC", date(2026, 6, 30), 7),
    ("Europe/Berlin", date(2026, 3, 31), 7),
    ("America/Los_Angeles", date(2025, 11, 5), 7),
]
"""In the middle of the second, a day has 23 hours; in the third, one has 25."""
MARKS = ("'", "%", "_", "\\", '"', ";", "--", ":q", "/")
ATTACK = "' OR name_key LIKE '"
FAN_OUT = (
    "the bookmarks are joined with their tags, and then counted: that gives a row for each tag. A DISTINCT mends some"
    " of the numbers and not the others."
)
OUTDATED = "answers are kept, and given again when they have become wrong."
LEAK = "a query that does not know the owner. A table without an `owner_id` has rows of everybody, too."


def word():
    return f"w{random.randrange(16**8):08x}"


def link(added=1767225600, tags=(), *, unread=False, archived=False):
    """A bookmark to be, as recorded.json has them."""
    return {"url": f"https://example.com/{word()}{word()}", "added": added, "tags": list(tags), "unread": unread} | {
        "archived": archived
    }


def bring(caller, bookmarks, more_tags=()):
    """Import bookmarks as a browser's file, and add tags without any."""
    lines = [
        f'<DT><A HREF="{each["url"]}" ADD_DATE="{each["added"]}" TAGS="{html.escape(",".join(each["tags"]))}"'
        f' TOREAD="{int(each["unread"])}" ARCHIVED="{int(each["archived"])}">A page</A>'
        for each in bookmarks
    ]
    text = "\n".join(["<!DOCTYPE NETSCAPE-Bookmark-file-1>", "<DL><p>", *lines, "</DL><p>", ""])
    if bookmarks:
        answer = caller.post(f"{BOOKMARKS}import/", files={"file": ("b.html", text, "text/html")}).expect(200)
        assert answer["created"] == len(bookmarks)
    for name in more_tags:
        caller.post(TAGS, json={"name": name}).expect(201)


def recorded(caller, record):
    """Fail the step unless the recorded answer comes."""
    about = f"About {record['shelf']}, asked {json.dumps(record['params'])}:"
    hidden = "dividing by nothing, or the sum of nothing, which is NULL. An `except` that is gone by now had hidden it."
    cause = {"cause": hidden} if "hundred" not in record["shelf"] else {}
    answer = caller.get(record["path"], params=record["params"]).expect(200, about=about, look=LOOK, **cause)
    wanted = record["answer"]
    assert answer.json == wanted, because(
        saw=f"{about} {answer}. {difference(answer.json, wanted)}",
        expected=f"as before: {shortened(wanted)}",
        cause=changed(answer.json, wanted),
        look=f"{LOOK} The recorded answers stand in checks/lesson_16/recorded.json.",
    )


def shortened(value):
    text = json.dumps(value)
    return text if len(text) < 400 else f"{text[:400]} ..."


def difference(found, wanted, place=""):
    """The first difference, in words."""
    if type(found) is not type(wanted):
        return f"{place or 'It'} is {json.dumps(found)}, and was {json.dumps(wanted)}."
    if isinstance(wanted, list) and len(found) != len(wanted):
        return f"{place} has {len(found)} entries, and had {len(wanted)}."
    if isinstance(wanted, dict) and found.keys() != wanted.keys():
        return f"Its fields are {', '.join(found)}, and were {', '.join(wanted)}."
    pairs = wanted.items() if isinstance(wanted, dict) else enumerate(wanted) if isinstance(wanted, list) else ()
    for key, value in pairs:
        if found[key] != value:
            return difference(found[key], value, f"{place}.{key}".lstrip("."))
    return f"{place} is {json.dumps(found)}, and was {json.dumps(wanted)}."


def changed(found, wanted):
    """What has probably become of an answer that is not the recorded one."""
    entries, old = (answer.get("tags") if isinstance(answer, dict) else None for answer in (found, wanted))
    if isinstance(entries, list) and isinstance(old, list):
        names, before = ([each.get("name") for each in tags] for tags in (entries, old))
        if len(names) < len(before):
            return "tags that no bookmark has are gone: an inner join leaves them out."
        if sorted(names) == sorted(before) and names != before:
            return "the order is another one: those used most come first, then by name without regard to case."
        if any(each["bookmarks"] == 1 and was["bookmarks"] == 0 for each, was in zip(entries, old, strict=False)):
            return (
                "an outer join gives a tag without bookmarks one row: COUNT(*) counts it, COUNT of a column does not."
            )
    if isinstance(found, dict) and isinstance(old, int) and isinstance(entries, int) and entries > old:
        return "tags that no bookmark has are counted as well."
    if "percent" in difference(found, wanted):
        return "hundredths as floats: 29 / 100 * 100 is 28.999999999999996. Whole numbers are exact: 100 * 29 // 100."
    return "the code that was taken out, or written anew, did something that was needed."


def counted(caller, expected, about, cause):
    """Fail the step unless the overview has these numbers."""
    answer = caller.get(OVERVIEW).expect(200, about=about)
    found = {name: answer[name] for name in expected}
    assert found == expected, because(
        saw=f"{about} {answer}", expected=f"{json.dumps(expected)}", cause=cause, look=LOOK
    )


def shared(caller, expected, about, cause):
    """Fail the step unless these are the tags, with so many bookmarks and so many in a hundred."""
    answer = caller.get(SHARES).expect(200, about=about)
    found = {each["name"]: (each["bookmarks"], each["percent"]) for each in answer["tags"]}
    wanted = [{"name": name, "bookmarks": part, "percent": share} for name, (part, share) in expected.items()]
    assert found == expected, because(saw=f"{about} {answer}", expected=f"{json.dumps(wanted)}", cause=cause, look=LOOK)


def moments_of(zone, until, days):
    """Moments at the edges of each day, in different numbers, and of the whole window, as seconds since 1970."""
    first, tomorrow = until - timedelta(days=days - 1), until + timedelta(days=1)

    def at(day, *when):
        return int(datetime.combine(day, time(*when), ZoneInfo(zone)).timestamp())

    yield from (at(first, 0), at(tomorrow, 0) - 1)  # the first second and the last
    yield from (at(first, 0) - 1, at(tomorrow, 0))  # and those beside them
    for number in range(days):
        day = first + timedelta(days=number)
        yield from [at(day, 0, 30)] * (number + 1)
        yield from [at(day, 23, 30)] * (2 * (days - number))


def by_day(moments, zone, until, days):
    """How many of these moments are on each day of a window, in this zone."""
    found = Counter(datetime.fromtimestamp(moment, ZoneInfo(zone)).date() for moment in moments)
    return [found[until - timedelta(days=ago)] for ago in reversed(range(days))]


def whole_days(caller, zone, until, days, moments):
    """Fail the step unless each day has what was added on it."""
    answer = caller.get(DAYS, params={"zone": zone, "until": str(until), "days": days}).expect(200)
    dates, found = ([day[name] for day in answer["days"]] for name in ("date", "added"))
    expected = by_day(moments, zone, until, days)
    given = [str(until - timedelta(days=ago)) for ago in reversed(range(days))]
    utc = by_day(moments, "UTC", until, days)
    wrong = [number for number in range(days) if found[number : number + 1] != [expected[number]]]
    if dates != given:
        cause = "one day too many, or too few: between the first and the last of seven days there are six."
    elif wrong == [0]:
        cause = "the window does not begin with the first moment of its first day. When does it, to the second?"
    elif wrong == [days - 1]:
        cause = "the window ends before the last day does, or after it."
    elif found[1:-1] == utc[1:-1]:
        cause = "days are those of UTC, whatever the zone: what was saved after midnight counts for the day before."
    else:
        cause = "the zone's distance from UTC is taken once, and it changes in the window: not all days have 24 hours."
    assert (dates, found) == (given, expected), because(
        saw=f"On {days} days up to {until}, in {zone}, {json.dumps(found)} bookmarks were added, Shelf says; from"
        f" {dates[0] if dates else 'no day'} on.",
        expected=f"{json.dumps(expected)}, from {given[0]} on. Some were added in the first and the last second.",
        cause=cause,
        look=LOOK,
    )


def begins_with(caller, prefix, expected):
    """Fail the step unless just these tags are found."""
    answer = caller.get(SHARES, params={"prefix": prefix, "limit": 100}).expect(
        200, about=f"The prefix {prefix!r}:", cause="the prefix has become a part of the SQL.", look=LOOK
    )
    found = [each["name"] for each in answer["tags"]]
    assert found == expected, because(
        saw=f"With the prefix {prefix!r}, tags were found: {json.dumps(found)}",
        expected=f"{json.dumps(expected)}: those that begin with it, in any case. Each character stands for itself.",
        cause="the prefix has become a part of the SQL, or of its pattern; others' rows can be had with it as well.",
        look="shelf/statistics/, and 'Questions' in the lesson.",
    )


def statements(caller, days=2):
    """The statements that each route takes."""
    asked = ((OVERVIEW, {}), (DAYS, {"days": days, "until": "2026-01-01"}), (SHARES, {"limit": 100}))
    return [caller.get(path, params=params).expect(200).statements for path, params in asked]
