"""Lesson 05: what is kept is still there, and means the same, when another process reads it."""

import json
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
BOOKMARKS = "/api/bookmarks/"
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""
KEPT = "`get_session` in shelf/dependencies.py and `open_database` in shelf/database.py."
DATES = "`UtcDateTime` in shelf/database.py, and 'Dates' in the lesson."


@pytest.mark.guard
def test_what_was_saved_survives_a_restart(start_shelf, database, waiter):
    """What was saved, changed and deleted is so after a restart."""
    shelf = start_shelf()
    saved = [new_bookmark(n) for n in range(4)]
    ids = [write(shelf, waiter, "POST", BOOKMARKS, bookmark).expect(201)["id"] for bookmark in saved]
    write(shelf, waiter, "DELETE", f"{BOOKMARKS}{ids[0]}/").expect(204)
    title = f"Changed {word()}"
    write(shelf, waiter, "PATCH", f"{BOOKMARKS}{ids[1]}/", {"title": title}).expect(200)
    account = {"email": f"{word()}@example.com", "username": word(), "age": 40, "password": "correct horse battery"}
    write(shelf, waiter, "POST", ACCOUNTS, account).expect(201)
    before = shelf.get(BOOKMARKS).expect(200)
    shelf.stop()
    in_file = database.rows("SELECT count(*) FROM bookmarks")[0][0]

    again = start_shelf()
    after = again.get(BOOKMARKS).expect(200)
    found = {one["id"]: {name: one[name] for name in saved[0]} for one in after["results"]}
    expected = dict(zip(ids, saved, strict=True)) | {ids[1]: saved[1] | {"title": title}}
    del expected[ids[0]]
    assert found == expected, because(
        saw=f"Four bookmarks were saved, one of them was changed, one deleted. After a restart: {after}",
        expected=f"three bookmarks, the changed one with its new title: {json.dumps(expected)}",
        cause="a start throws away what is there."
        if in_file
        else "nothing commits what the session has collected, or it goes somewhere else than DATABASE_URL says.",
        look=KEPT,
    )
    assert after["results"] == before["results"], because(
        saw=f"Before a restart: {before}\nAfter it: {after}",
        expected="the same bookmarks in the same order.",
        cause="something of a bookmark is not kept in its row.",
        look="shelf/bookmarks/models.py.",
    )
    other = account | {"username": word(), "email": account["email"].upper()}
    again.post(ACCOUNTS, json=other).expect(409, about="After a restart, an email that is taken is signed up again.")


def test_dates_are_aware(start_shelf, waiter):
    """A date names the same moment, in UTC, in every answer and for every reader."""
    shelf = start_shelf(inside=live_in_kathmandu, must_run=False)
    reader = start_shelf(inside=live_in_new_york, must_run=False)
    first = write(shelf, waiter, "POST", BOOKMARKS, new_bookmark(1)).expect(201)
    url = f"{BOOKMARKS}{first['id']}/"
    for service in (shelf, reader):
        read = service.get(url).expect(200)
        for name in ("date_added", "date_modified"):
            assert aware(read[name]), because(
                saw=f"{read.method} {read.path} gives {name} as {read[name]!r}.",
                expected=f"an end in Z, as in the answer to the POST: {first[name]!r}.",
                cause="SQLite has no type for dates. What comes back is a naive `datetime`: an hour, but not where.",
                look=DATES,
            )
            assert moment(read[name]) == moment(first[name]), because(
                saw=f"The POST answered {name} {first[name]!r}. A process in {zone(service is shelf)} reads"
                f" {read[name]!r}.",
                expected="the same moment: where a process runs changes no date.",
                cause="local time is written; or what is read is taken for local time, as `astimezone` does.",
                look=DATES,
            )
    off = abs(moment(first["date_added"]) - datetime.now(UTC))
    assert off < timedelta(minutes=20), because(
        saw=f"A bookmark saved now, in Kathmandu, has the date {first['date_added']!r}: {off} off.",
        expected="this moment, in UTC.",
        cause="local time with the mark of UTC.",
        look=DATES,
    )

    changed = write(shelf, waiter, "PATCH", url, {"notes": word()}).expect(200)
    read = reader.get(url).expect(200)
    right = moment(read["date_added"]) == moment(first["date_added"]) < moment(read["date_modified"])
    right = right and read["date_modified"] == changed["date_modified"]
    assert right, because(
        saw=f"After a PATCH: {read}",
        expected=f"date_added {first['date_added']!r} still, and a later date_modified, in UTC.",
        cause="reading and writing a date do not undo each other.",
        look=DATES,
    )
    only_aware_ones_go_in(shelf)


def only_aware_ones_go_in(shelf):
    """Fail the step unless a date of another zone is converted, and one without a zone refused."""
    far = datetime.now(timezone(timedelta(minutes=15 * random.choice([-37, -14, 22, 51]))))
    back = shelf.ask(there_and_back, far.isoformat())
    assert back == far.astimezone(UTC).isoformat(), because(
        saw=f"`UtcDateTime` was given the moment {far}; it comes back as {back}.",
        expected=f"the same moment, in UTC: {far.astimezone(UTC)}.",
        cause="SQLite writes down the hour and forgets the zone, so a date has to be in UTC before it goes in.",
        look=f"`process_bind_param` of {DATES}",
    )
    naive = far.replace(tzinfo=None)
    back = shelf.ask(there_and_back, naive.isoformat())
    assert back == "ValueError", because(
        saw=f"`UtcDateTime` was given {naive}, an hour without a zone; there came {back}.",
        expected="a ValueError: nobody knows which moment that is.",
        cause="a naive date is let through, or its zone is guessed.",
        look=f"`process_bind_param` of {DATES}",
    )


# What the steps share


def write(shelf, waiter, method, path, body=None):
    """Send a request that changes something, and wait until the service has done with it, be it after the answer."""
    answer = shelf.request(method, path, json=body)
    waiter.until(lambda: shelf.connections_out() == 0, SOON)
    return answer


def new_bookmark(number):
    return {
        "url": f"https://example.com/{word()}?n={number}",
        "title": f"Title {word()}",
        "notes": "ünï \U0001f516",
        "unread": random.random() < 0.5,
        "tag_names": sorted({word() for _ in range(number)}),
    }


def word():
    return f"{random.randrange(16**8):08x}"


def moment(text):
    """The moment that an answer gives."""
    return datetime.fromisoformat(text)


def aware(text):
    """Whether a date is one, and in UTC."""
    try:
        return datetime.fromisoformat(text).utcoffset() == timedelta(0)
    except (TypeError, ValueError):
        return False


def zone(first):
    return "Kathmandu" if first else "New York"


def there_and_back(text):
    """Runs inside the service: what SQLite gives back of a date."""
    from datetime import datetime

    from sqlalchemy.dialects import sqlite

    from shelf.database import UtcDateTime

    dialect, dates = sqlite.dialect(), UtcDateTime()
    process_in = dates.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
    process_out = dates.dialect_impl(dialect).result_processor(dialect, None) or (lambda value: value)
    try:
        return process_out(process_in(datetime.fromisoformat(text))).isoformat()
    except Exception as error:
        return type(error).__name__


def live_in_kathmandu():
    """Runs inside the service."""
    import os
    import time

    os.environ["TZ"] = "<+0545>-5:45"
    getattr(time, "tzset", int)()


def live_in_new_york():
    """Runs inside the service."""
    import os
    import time

    os.environ["TZ"] = "EST5EDT,M3.2.0,M11.1.0"
    getattr(time, "tzset", int)()
