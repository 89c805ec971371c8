"""What statistics answer, worked out from the bookmarks themselves, in the plainest way: no database, no Shelf.

`uv run python checks/lesson_16/reference.py` writes recorded.json anew: shelves, and for each what was asked about it
with the answers. The starter gives these answers, too.
"""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FILE = Path(__file__).with_name("recorded.json")
# The first day of each is empty, since there the starter is wrong.
ASKED_OF_DAYS = [
    {"days": 9, "until": "2026-03-31"},
    {"days": 1, "until": "2026-04-02"},
    {"days": 200, "until": "2026-05-02"},
    {"days": 41, "until": "2026-04-10", "zone": "Europe/Berlin"},
    {"days": 41, "until": "2026-04-10", "zone": "America/Los_Angeles"},
    {"days": 3, "until": "2030-01-01", "zone": "Asia/Kathmandu"},
]
ASKED_OF_TAGS = [
    {},
    {"limit": 2},
    {"prefix": "P"},
    {"prefix": "async"},
    {"prefix": "DATA", "limit": 1},
    {"prefix": "zz"},
]


def overview(bookmarks, more_tags, **asked):
    """Everything in one number each."""
    dates = sorted(datetime.fromtimestamp(each["added"], UTC) for each in bookmarks)
    return {
        "bookmarks": len(bookmarks),
        "archived": sum(each["archived"] for each in bookmarks),
        "unread": sum(each["unread"] for each in bookmarks),
        "tags": len({tag.casefold() for each in bookmarks for tag in each["tags"]}),
        "tagged_percent": percent(sum(bool(each["tags"]) for each in bookmarks), len(bookmarks)),
        "first_added": f"{dates[0]:%Y-%m-%dT%H:%M:%SZ}" if dates else None,
        "last_added": f"{dates[-1]:%Y-%m-%dT%H:%M:%SZ}" if dates else None,
    }


def days(bookmarks, more_tags, days, until, zone="UTC"):
    """How many were added on each day."""
    added = Counter(datetime.fromtimestamp(each["added"], ZoneInfo(zone)).date() for each in bookmarks)
    dates = [date.fromisoformat(until) - timedelta(days=before) for before in reversed(range(days))]
    return {"zone": zone, "days": [{"date": day.isoformat(), "added": added[day]} for day in dates]}


def tags(bookmarks, more_tags, prefix="", limit=10):
    """The tags, the most used first."""
    used = Counter(tag for each in bookmarks for tag in each["tags"])
    names = sorted({*used, *more_tags}, key=lambda name: (-used[name], name.casefold()))
    found = [name for name in names if name.casefold().startswith(prefix.casefold())][:limit]
    return {
        "tags": [
            {"name": name, "bookmarks": used[name], "percent": percent(used[name], len(bookmarks))} for name in found
        ]
    }


def percent(part, whole):
    """How many in a hundred, rounded down; 0 of nothing."""
    return 100 * part // whole if whole else 0


ROUTES = {"/api/statistics/": overview, "/api/statistics/days/": days, "/api/statistics/tags/": tags}


def shelves():
    """Shelves on which the starter is right: one tag a bookmark at most, all added around noon in Greenwich."""
    tags = ["Python"] * 29 + ["async"] * 14 + ["Databases"] * 14
    begin = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
    many = [
        {
            "url": f"https://example.com/{number}",
            "added": int((begin + timedelta(days=number * number % 61, minutes=number)).timestamp()),
            "archived": number % 7 == 3,
            "unread": number % 3 == 1,
            "tags": tags[number : number + 1],
        }
        for number in range(100)
    ]
    # In this order, since the starter counts the tags that other people use.
    yield "an empty shelf", [], []
    yield "two tags without bookmarks", [], ["later", "Sometime"]
    yield "a hundred bookmarks", many, ["Rust", "asyncio", "Pytest"]


def questions(bookmarks):
    """What is asked about a shelf."""
    yield "/api/statistics/", {}
    for asked in ASKED_OF_DAYS[: None if bookmarks else 1]:
        yield "/api/statistics/days/", asked
    for asked in ASKED_OF_TAGS[: None if bookmarks else 1]:
        yield "/api/statistics/tags/", asked


def recorded():
    """All that is recorded, in order: a shelf, what is asked about it with the answers, the next shelf, and so on."""
    for name, bookmarks, more_tags in shelves():
        yield {"shelf": name, "bookmarks": bookmarks, "more_tags": more_tags}
        for path, asked in questions(bookmarks):
            answer = ROUTES[path](bookmarks, more_tags, **asked)
            yield {"shelf": name, "path": path, "params": asked, "answer": answer}


def text():
    """The file: a record a line."""
    return "[\n" + ",\n".join(json.dumps(record) for record in recorded()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
