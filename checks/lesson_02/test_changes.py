"""Lesson 02: a change touches what was sent, and never what the server owns."""

import json
import random

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
PATCHING = "shelf/schemas.py and shelf/bookmarks.py, and 'Absent is not null' in the lesson."
OWNERS = "shelf/schemas.py, and 'One schema is not enough' in the lesson."
FULL = {
    **{"url": "https://example.com/full", "title": "Title", "description": "Description", "notes": "Notes"},
    **{"is_archived": True, "unread": True, "shared": True, "tag_names": ["one", "two"]},
}


def test_patch_changes_only_what_was_sent(shelf):
    """PATCH changes what was sent and nothing else, and null is not absent."""
    saved = shelf.post(BOOKMARKS, json=FULL).expect(201)
    path, expected = f"{BOOKMARKS}{saved['id']}/", saved.json
    for change in changes():
        expected |= change
        for answer in (shelf.patch(path, json=change).expect(200), shelf.get(path).expect(200)):
            says(answer, expected, change)
    for name in FULL:
        for change in ({name: None}, {"title": "New", "notes": "New", "unread": True} | {name: None}):
            answer = shelf.patch(path, json=change)
            words = {"cause": WHY_NULL, "look": PATCHING} if answer.status == 200 else {}
            answer.expect(422, about=f"PATCH {json.dumps(change)}:", **words)
            found = shelf.get(path).expect(200)
            assert found.json == expected | {"date_modified": found["date_modified"]}, because(
                saw=f"PATCH {json.dumps(change)} was refused, and yet the bookmark has changed: {found}",
                expected="a refused request changes nothing.",
                cause="a part of the body is kept before the whole has been checked.",
                look=PATCHING,
            )


def test_what_the_server_owns_cannot_be_sent(shelf):
    """What the server owns is ignored when a client sends it."""
    number = random.randrange(10**6, 10**9)
    body = {"url": f"https://example.com/{number}"}
    for sent in (planted(number), nonsense()):
        answer = shelf.post(BOOKMARKS, json=body | sent)
        is_untouched(answer, sent, None)
        for method in ("PUT", "PATCH"):
            path = f"{BOOKMARKS}{answer['id']}/"
            is_untouched(shelf.request(method, path, json=body | sent), sent, answer.json)
            is_untouched(shelf.get(path), sent, answer.json)

    account = {"email": f"reader{number}@example.com", "username": f"reader_{number}", "age": 40}
    account |= {"password": "a long enough one"}
    sent = {"id": number, "date_joined": "2001-02-03T04:05:06Z"}
    is_untouched(shelf.post("/api/accounts/", json=account | sent), sent, None)


# What the steps share


def says(answer, expected, change):
    """Fail the step unless the answer says what is expected after the change; when that was is no part of it."""
    for name in FULL | expected:
        found, wanted = json.dumps(answer[name]), json.dumps(expected[name])
        assert name == "date_modified" or found == wanted, because(
            saw=f"PATCH {json.dumps(change)} was sent, and then {answer.method} answered `{name}`: {found}",
            expected=f"`{name}`: {wanted}",
            cause=why_not_changed(change[name]) if name in change else WHY_CHANGED,
            look=PATCHING,
        )


WHY_REFUSED = (
    "a schema for what comes in checks a field that only the server may fill, or refuses what it does not know."
)
WHY_NULL = "null is taken for 'not sent', or for a value that the field may have."
WHY_CHANGED = (
    "it was not sent, but it is changed: a default of the schema counts as if it had been sent. "
    "Does `model_dump` leave out what was not sent?"
)


def why_not_changed(value):
    """Why a value that was sent is not there afterwards."""
    if not value:
        return f"{json.dumps(value)} was sent, and it is taken for 'not sent' or for the default."
    return "what was sent is not kept, or not as it came."


def is_untouched(answer, sent, before):
    """Fail the step unless this answer took nothing of what was `sent`, and owns what it owned `before`."""
    passes = "the request passes: fields that are the server's, or nobody's, are ignored."
    words = {"expected": passes, "cause": WHY_REFUSED, "look": OWNERS} if answer.status == 422 else {}
    answer.expect(200, 201, about="With fields that the server owns, or nobody:", **words)
    for name in [name for name in sent if name != "owner"]:
        found, fixed = answer[name], before and name != "date_modified"
        taken = found == sent[name] or (fixed and found != before[name])
        assert not taken, because(
            saw=f"A client sent `{name}`: {json.dumps(sent[name])}, and {answer.method} answered {json.dumps(found)}",
            expected=f"the server's own value{f', {json.dumps(before[name])}' if fixed else ''}.",
            cause="a schema for what comes in knows a field that only the server may fill.",
            look=OWNERS,
        )


# What the steps are about


def changes():
    """Changes of one field each, also to what is its default, and of none and of several."""
    each = [("url", "https://example.com/other"), ("title", ""), ("description", "Other"), ("notes", "")]
    each += [("is_archived", False), ("unread", False), ("shared", False), ("tag_names", []), ("title", "Other")]
    random.shuffle(each)
    return [{}, *({name: value} for name, value in each), {"tag_names": ["three"], "notes": "New", "shared": True}]


def planted(number):
    """What the server owns, with values that could be right, and a field that nobody knows."""
    texts = dict.fromkeys(["website_title", "website_description", "owner"], f"planted {number}")
    links = ["web_archive_snapshot_url", "favicon_url", "preview_image_url"]
    dates = dict.fromkeys(["date_added", "date_modified"], "2001-02-03T04:05:06Z")
    return {"id": number, **texts, **dict.fromkeys(links, f"https://example.com/planted/{number}"), **dates}


def nonsense():
    """The same fields, with values that could never be right."""
    return {name: {"planted": [name]} for name in planted(0)}
