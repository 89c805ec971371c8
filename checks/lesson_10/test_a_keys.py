"""Lesson 10: keys for programs."""

import base64
import hashlib
import random
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from workshop.testbed import because

KEYS = "/api/tokens/"
BOOKMARKS = "/api/bookmarks/"
ME = "/api/accounts/me/"
CHECK = "/api/bookmarks/check/"
KEPT = "shelf/keys/service.py, and 'What is kept of a key' in the lesson."
ASKS = "shelf/accounts/dependencies.py, and 'Two kinds of credentials' in the lesson."
USED = "shelf/keys/service.py, and 'When it was used last' in the lesson."


@pytest.mark.sqlite
def test_a_key_is_shown_once_and_kept_as_a_hash(shelf, database):
    """A key is shown once, opens what its owner may see, and is kept only as a hash."""
    owner = shelf.sign_up()
    name = f"key {secrets.token_hex(3)}"
    made = owner.post(KEYS, json={"name": name}).expect(201)
    key = made["key"]
    is_a_key(made, [owner.post(KEYS, json={"name": name}).expect(201)["key"]])
    me = owner.get(ME).expect(200)["id"]
    for scheme in ("Token", "Bearer", "token", "BEARER"):
        answer = asked(shelf, f"{scheme} {key}").expect(200, about=f"A key behind the word {scheme}:", look=ASKS)
        assert answer["id"] == me, because(
            saw=f"A key of account {me} behind the word {scheme}: {answer}",
            expected=f"the account {me}.",
            cause="the key leads to somebody else's account.",
            look=ASKS,
        )
    for what, wrong in forgeries(key):
        answer = asked(shelf, f"Token {wrong}").expect(401, about=f"{what}:", cause=why_believed(what), look=KEPT)
        challenged(answer, what)
    listed = owner.get(KEYS).expect(200)
    says_no_key("the list of keys", listed.text, key)
    found = {listed[number, "id"]: listed[number, "prefix"] for number in range(2)}
    assert found.get(made["id"]) == key[:12] == made["prefix"], because(
        saw=f"The key begins with {key[:12]!r}. POST {KEYS} answered `prefix` {made['prefix']!r}; then {listed}",
        expected="both keys in the list, and the first 12 characters of each as `prefix`, to tell them apart.",
        cause="the list is another one, or the prefix is not what the key begins with.",
        look=KEPT,
    )
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in database.rows(tables):
        says_no_key(f"the table {table}", repr(database.rows(f'SELECT * FROM "{table}"')), key)
    for file in database.path.parent.glob(f"{database.path.name}*"):
        says_no_key(f"the file {file.name}", file.read_bytes().decode("latin-1"), key)
    says_no_key("what Shelf has printed", shelf.output, key)
    costs_little(shelf, key)


def test_a_revoked_key_is_out_at_once(start_shelf, database):
    """A revoked key is out at once, in every process; so are the keys of an account that is shut."""
    shelf, other = start_shelf(must_run=False), start_shelf(must_run=False)
    owner, stranger = shelf.must_run().sign_up(), other.must_run().sign_up()
    first, second, shut = key_of(owner), key_of(owner), key_of(stranger)
    for service in (shelf, other):
        for each in (first, second, shut):
            asked(service, f"Token {each['key']}").expect(200, about="A key that was just made:", look=ASKS)

    path = f"{KEYS}{first['id']}/"
    refused = stranger.delete(path).expect(404, about="Somebody else's key:", cause=OTHERS, look=KEPT)
    with_key = {"Authorization": f"Token {second['key']}"}
    for method in ("GET", "POST"):
        answer = shelf.request(method, KEYS, headers=with_key, **({"json": {"name": "x"}} if method == "POST" else {}))
        answer.expect(401, 403, about=f"{method} {KEYS} with a key:", cause=BREEDS, look=ASKS)
    shelf.delete(path, headers=with_key).expect(401, 403, about="A key revokes a key:", cause=BREEDS, look=ASKS)
    asked(shelf, f"Token {first['key']}").expect(200, about=f"{refused}. Then the key itself:", cause=OTHERS, look=KEPT)

    owner.delete(path).expect(204)
    owner.delete(path).expect(404, about="A key that was revoked before:")
    database.execute("UPDATE accounts SET is_active = false WHERE username = ?", stranger.username)
    gone = {first["key"]: "A key that was revoked a moment ago", shut["key"]: "A key of an account that is shut"}
    for service in (shelf, other):
        for key, what in gone.items():
            process = "the process that was told" if service is shelf else "another process"
            answer = asked(service, f"Token {key}")
            answer.expect(401, about=f"{what}, in {process}:", cause=why_alive(what, process), look=KEPT)
        asked(service, f"Token {second['key']}").expect(200, about="The owner's other key:", cause=OTHERS, look=KEPT)


def test_last_used_is_kept_without_a_write_a_request(shelf, database, web):
    """When a key was used last is kept, at the price of one write a minute."""
    owner = shelf.sign_up()
    made = key_of(owner)
    key = f"Token {made['key']}"
    assert last_used(owner, made) is None, because(
        saw=f"A key that nobody has used yet has `last_used` {last_used(owner, made)}.",
        expected="null.",
        cause="the moment when it was made is taken for a use.",
        look=USED,
    )
    before = datetime.now(UTC) - timedelta(seconds=2)
    with_a_page_held(shelf, web, key, owner)
    first = last_used(owner, made)
    is_recent(first, before, "A key was used for the first time.")
    writes = [each for _ in range(10) for each in changes(asked(shelf, key).expect(200))]
    assert not writes, because(
        saw=f"Ten more requests with this key, and these statements among others: {writes[0]}",
        expected="only statements that read: last_used is less than a minute old.",
        cause="each request writes. In a database that has one writer at a time, readers then wait for one another.",
        look=USED,
    )
    for seconds, moves in ((random.randint(20, 50), False), (random.randint(70, 4000), True)):
        database.execute("UPDATE api_keys SET last_used = ?", text(datetime.now(UTC) - timedelta(seconds=seconds)))
        kept = last_used(owner, made)
        asked(shelf, key).expect(200)
        moved = last_used(owner, made) != kept
        assert moved == moves, because(
            saw=f"In the table last_used was {seconds} seconds old. A request with the key has "
            f"{'changed it' if moved else 'left it as it was'}.",
            expected="a new one when it is more than a minute old, none before; what the table says decides.",
            cause="the moment is written only once, or one in memory counts, which a second process cannot see.",
            look=USED,
        )
    is_recent(last_used(owner, made), before, "The key was used a moment ago.")


# What the steps share

OTHERS = "keys are found without a look at whose they are."
BREEDS = "whoever has found a key can make more of them, and keep them when this one is revoked."


def key_of(caller):
    """Let somebody make a key; return the answer."""
    return caller.post(KEYS, json={"name": f"key {secrets.token_hex(3)}"}).expect(201)


def asked(shelf, authorization):
    """Ask who is asking, with these credentials."""
    return shelf.get(ME, headers={"Authorization": authorization})


def is_a_key(made, others):
    """Fail the step unless this is a key that nobody guesses."""
    key = made["key"]
    long = isinstance(key, str) and key.startswith("shelf_") and len(key) >= 40 and len(set(key[6:])) > 12
    good = long and key not in others
    assert good, because(
        saw=f"POST {KEYS} made the key {key!r}, and another one: {others[0]!r}",
        expected="two keys that begin with `shelf_`, followed by at least 256 bits by chance (43 url-safe characters).",
        cause="too little chance, or none: a key must be as hard to guess as its hash is to turn round.",
        look=KEPT,
    )


def forgeries(key):
    """Yield what is nearly a key, and what is wrong with it."""
    at = random.randint(13, len(key) - 2)
    other = "x" if key[at] != "x" else "y"
    yield "A key with one letter changed", key[:at] + other + key[at + 1 :]
    yield "The prefix of a key", key[:12]
    yield "A key without its last letter", key[:-1]
    yield "The hash of a key", hashlib.sha256(key.encode()).hexdigest()
    yield "A key of nobody", "shelf_" + secrets.token_urlsafe(32)
    yield "A key in other letters", "shelf_" + key[6:].swapcase()


def why_believed(what):
    """What lets a forgery in."""
    if "hash" in what:
        return "what comes is compared with what is kept; it must be hashed first."
    return "the key is found by its beginning, and the rest is not compared."


def why_alive(what, process):
    """What keeps a key alive that should be out."""
    if "shut" in what:
        return "a key is believed without a look at its account."
    if "another" in process:
        return "keys are remembered in memory, and another process does not learn that one was revoked."
    return "the key is only marked, or remembered somewhere; revoking must be seen by the next request."


def says_no_key(place, said, key):
    """Fail the step if a text holds the secret part of a key."""
    secret = key[12:]
    data = key.encode()
    forms = {
        "as it came": secret,
        "backwards": secret[::-1],
        "in base64": base64.b64encode(data).decode().rstrip("=")[16:],
        "in hexadecimal": secret.encode().hex(),
    }
    for how, form in forms.items():
        assert form not in said, because(
            saw=f"A key stands in {place}, {how}.",
            expected="nowhere but in the answer to the request that made it.",
            cause="it is kept, listed or printed as it came: a copy of the database opens every account.",
            look=KEPT,
        )


def costs_little(shelf, key):
    """Fail the step if a key is hashed as a password is."""
    before = len(shelf.hashes())
    asked(shelf, f"Token {key}").expect(200)
    assert len(shelf.hashes()) == before, because(
        saw="A request with a key makes Shelf hash with argon2.",
        expected="a fast hash, such as SHA-256.",
        cause="argon2 is slow on purpose, because people choose passwords that can be guessed. A key cannot be; "
        "a slow hash costs each request a tenth of a second and gains nothing.",
        look=KEPT,
    )


def challenged(answer, what):
    """Fail the step unless a refusal says how to ask."""
    assert "bearer" in answer.headers.get("WWW-Authenticate", "").lower(), because(
        saw=f"{what} was refused without a header WWW-Authenticate.",
        expected="`WWW-Authenticate: Bearer`, as for every 401.",
        cause="keys are refused in another place than tokens, with headers of its own.",
        look=ASKS,
    )


def last_used(caller, made):
    """What the list says of a key, as a moment; None for null."""
    answer = caller.get(KEYS).expect(200)
    numbers = [answer[number, "id"] for number in range(len(answer.json))]
    said = answer[numbers.index(made["id"]), "last_used"] if made["id"] in numbers else None
    return datetime.fromisoformat(said) if isinstance(said, str) else said


def is_recent(moment, before, about):
    """Fail the step unless a moment lies between `before` and now."""
    good = (
        isinstance(moment, datetime) and moment.tzinfo and before <= moment <= datetime.now(UTC) + timedelta(seconds=2)
    )
    assert good, because(
        saw=f"{about} Its `last_used` is {moment}.",
        expected=f"a moment between {before:%H:%M:%S} and now, with its time zone.",
        cause="the use is not written; or written, and rolled back or not committed.",
        look=USED,
    )


def changes(answer):
    """The statements of a request that change something."""
    return [each for each in answer.statements if each.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE")]


def text(moment):
    """A moment as SQLite keeps it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def with_a_page_held(shelf, web, key, owner):
    """Use a key for the first time, in a request that waits for a page; meanwhile others must be able to write."""
    page = web.page("Held").hold()
    pending = shelf.start("GET", CHECK, params={"url": page.url}, headers={"Authorization": key})
    shelf.waiter.until(lambda: page.inside > 0 or pending.done)
    if pending.done:
        pending.answer().expect(200, about="A key that was just made:", look=ASKS)
    page.wait_for_visitors(1)
    saving = shelf.start("POST", BOOKMARKS, json={"url": "https://example.com/"}, headers=owner.headers)
    shelf.waiter.until(lambda: saving.done, 5)
    free = saving.done
    page.release()
    assert free, because(
        saw="A key is used for the first time, in a request that waits for a page. Meanwhile nobody can save anything.",
        expected="the writing of last_used is over before the page is fetched.",
        cause="it is part of the request's own transaction, which stays open until the page has come, and locks.",
        look=USED,
    )
    saving.answer().expect(201)
    pending.answer().expect(200)
