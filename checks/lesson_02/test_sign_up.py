"""Lesson 02: a password goes in and never comes out, and whoever is refused is told why."""

import json
import random
import re
import string

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
BOOKMARKS = "/api/bookmarks/"
ERRORS = "shelf/errors.py, and 'What a refusal may say' in the lesson."
PROMISES = "shelf/schemas.py, and 'What Shelf promises' in the lesson."
LETTERS = string.ascii_letters + string.digits


def test_a_password_never_comes_back(shelf):
    """An account's answer holds no password, and neither does a refusal."""
    new = account()
    answer = shelf.post(ACCOUNTS, json=new).expect(201)
    holds_no(answer, new["password"], "Sign-up:")
    for name in ("email", "username", "age"):
        assert answer[name] == new[name], because(
            saw=f"An account was opened with `{name}`: {json.dumps(new[name])}, and {answer}",
            expected=f"`{name}`: {json.dumps(new[name])}",
            cause="the value gets lost or changed on its way.",
            look=PROMISES,
        )
    fine = type(answer["id"]) is int and re.fullmatch(r"[\d-]{10}T[\d:.]+Z", str(answer["date_joined"]))
    assert fine, because(
        saw=f"{answer}",
        expected="a whole number as `id`, and a date in UTC that ends with Z as `date_joined`.",
        cause="the schema of the answer has another type for one of them.",
        look=PROMISES,
    )
    holds_no(shelf.post(ACCOUNTS, json=new).expect(409, about="The same account again:"), new["password"], "Again:")
    for about, secret, request in refusals():
        holds_no(shelf.post(ACCOUNTS, **request).expect(422, about=about), secret, about)


def test_the_bad_field_is_named(shelf):
    """A refusal names every bad field, and no other."""
    for name, value in good_account_values():
        answer = shelf.post(ACCOUNTS, json=account() | {name: value})
        words = {"cause": "the schema is stricter than the lesson.", "look": PROMISES} if answer.status == 422 else {}
        answer.expect(201, about=f"`{name}`: {short(value)} is just allowed.", **words)
    saved = shelf.post(BOOKMARKS, json={"url": "https://example.com/"}).expect(201)
    for bad in bad_accounts():
        names(shelf.post(ACCOUNTS, json=without_none(account() | bad)), bad)
    for bad in bad_bookmarks():
        names(shelf.post(BOOKMARKS, json={"url": "https://example.com/"} | bad), bad)
        names(shelf.patch(f"{BOOKMARKS}{saved['id']}/", json=bad), bad)
        names(shelf.put(f"{BOOKMARKS}{saved['id']}/", json={"url": "https://example.com/"} | bad), bad)
    names(shelf.post(BOOKMARKS, json={"title": "No URL"}), {"url": MISSING})
    for bad in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"limit": "ten", "offset": "none"}):
        names(shelf.get(BOOKMARKS, params=bad), bad)


# What the steps share

MISSING = None


def holds_no(answer, secret, about):
    """Fail the step if a password, or a field for it, stands in the answer."""
    saw, refusal = f"{about} {answer}", answer.status == 422
    kept = isinstance(answer.json, dict) and "password" in answer.json
    leaks = secret in answer.text or kept
    assert not leaks, because(
        saw=f"{saw}\nThe password that was sent is {secret}" if secret in answer.text else saw,
        expected="an answer without the password, and without a field for it.",
        cause=WHY_ECHOED if refusal else "the schema of the answer has the password among its fields.",
        look=ERRORS if refusal else "shelf/schemas.py, and 'One schema is not enough' in the lesson.",
    )


WHY_ECHOED = "the refusal repeats what was sent: as `input` of an error, as its `body`, in its words."


def names(answer, bad):
    """Fail the step unless the answer is a 422 that names these bad fields and no other."""
    about = f"Bad: {', '.join(f'`{name}` ({short(value)})' for name, value in bad.items())}."
    words = {"cause": "the schema of this route allows it.", "look": PROMISES} if answer.status in (200, 201) else {}
    answer.expect(422, about=about, **words)
    errors = answer["errors" if is_a_problem(answer) else "detail"]
    assert is_list_of_errors(errors), because(
        saw=f"{about} {answer}",
        expected='{"detail": [{"loc": ["body", "age"], "msg": "...", "type": "..."}]}, an entry for each bad field.',
        cause="the handler answers in another form.",
        look=ERRORS,
    )
    named = {part for error in errors for part in error["loc"] if part in FIELDS}
    assert named == set(bad), because(
        saw=f"{about} {answer}",
        expected=f"in the `loc` of its entries {' and '.join(f'`{name}`' for name in bad)}, and no other field.",
        cause=why_not_named(set(bad), named),
        look="shelf/schemas.py and shelf/errors.py, and 'What a refusal may say' in the lesson.",
    )


def is_list_of_errors(errors):
    """Whether each entry of a refusal says where and what."""
    return isinstance(errors, list) and all(
        isinstance(error, dict) and isinstance(error.get("loc"), list) and error.get("msg") and error.get("type")
        for error in errors
    )


def is_a_problem(answer):
    """Whether the answer has the form that errors get in lesson 08."""
    return answer.headers.get("content-type") == "application/problem+json"


FIELDS = {"email", "username", "age", "password", "limit", "offset", "url", "title", "description", "notes"}
FIELDS |= {"is_archived", "unread", "shared", "tag_names"}


def why_not_named(bad, named):
    """Why a refusal names these fields instead of the bad ones."""
    if not named:
        return "a validator of the whole model found the fault, and its error belongs to no field."
    if named < bad:
        return "it ends at the first fault: one validator looks at several fields, or the handler tells of one alone."
    return "the error is put down to another field than the one that is wrong."


# What the steps are about


def word(length=8, letters=LETTERS):
    return "".join(random.choices(letters, k=length))


def account():
    name = word(10)
    email = f"{name.lower()}@example.com"
    return {"email": email, "username": name, "age": random.randint(18, 99), "password": word(16)}


def refusals():
    """Requests that are refused: what is wrong, the password that was sent, the request."""
    new = account()
    secret = new["password"]
    yield "The password is too short.", secret[:11], {"json": new | {"password": secret[:11]}}
    yield "The password is too long.", secret, {"json": new | {"password": secret * 65}}
    yield "The age is 17.", secret, {"json": new | {"age": 17}}
    yield "There is no username.", secret, {"json": {name: new[name] for name in new if name != "username"}}
    yield "The password is a list.", secret, {"json": new | {"password": [secret]}}
    yield "The body is a list.", secret, {"json": [new]}
    form = "&".join(f"{name}={value}" for name, value in new.items())
    yield "The body is a form.", secret, typed("application/x-www-form-urlencoded", form)
    yield "The JSON breaks off.", secret, typed("application/json", json.dumps(new).rstrip("}"))


def typed(kind, text):
    return {"content": text, "headers": {"Content-Type": kind}}


def good_account_values():
    """Values that are just allowed."""
    yield "username", word(3)
    yield "username", f"_{word(49)}"
    yield "age", 18
    yield "age", 150
    yield "password", word(12)
    yield "password", word(1024)


def bad_accounts():
    """Fields of an account that must be refused; None stands for one that is not sent."""
    for username in (word(2), word(51), f"{word()} {word()}", f"{word()}-", f"{word()}ä", f"{word()}\n", "", MISSING):
        yield {"username": username}
    for age in (17, 151, -18, "old", 18.5, MISSING):
        yield {"age": age}
    for password in (word(11), word(1025), "", MISSING):
        yield {"password": password}
    for email in (word(), f"{word()}@", f"@{word()}.example.com", MISSING):
        yield {"email": email}
    yield {"username": word(2), "age": 17}
    yield {"email": word(), "password": word(11), "age": 12}


def without_none(body):
    return {name: value for name, value in body.items() if value is not None}


def bad_bookmarks():
    """Fields of a bookmark that must be refused; None stands for null."""
    for name in ("title", "description", "notes"):
        yield {name: None}
        yield {name: random.randrange(100)}
    yield {"title": word(513)}
    yield {"description": word(10_001)}
    yield {"notes": word(10_001)}
    for name in ("is_archived", "unread", "shared"):
        yield {name: None}
        yield {name: "perhaps"}
    for tags in (None, word(), [word(), random.randrange(100)], [word(), word(65)]):
        yield {"tag_names": tags}
    yield {"url": None}
    yield {"url": "ftp://example.com/", "title": word(513), "tag_names": 5}


def short(value):
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:80]}... ({len(text.strip(chr(34)))} characters)"
