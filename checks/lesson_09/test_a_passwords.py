"""Lesson 09: what is kept of a password, and what it costs to look at one."""

import base64
import hashlib
import random
import re
import string

import pytest

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
TOKEN = "/api/auth/token"
ME = "/api/accounts/me/"
KEPT = "shelf/accounts/passwords.py, and 'What is kept' in the lesson."
SAME = "`sign_in` in shelf/accounts/service.py, and 'One answer for all' in the lesson."
BUSY = "shelf/accounts/passwords.py and `sign_in` in shelf/accounts/service.py, and 'In few threads' in the lesson."
LEAST = 19456
"""KiB that a hash takes at least."""
AT_ONCE = 4
"""How many passwords may be hashed at the same time."""


@pytest.mark.sqlite
def test_a_password_is_nowhere_at_rest(shelf, database):
    """A password is nowhere at rest, in no log and in no answer; what is kept is argon2id, with a salt."""
    secret, wrong = canary(), canary()
    names = [word(8), word(8)]
    answers = [shelf.post(ACCOUNTS, json=account(name, secret)).expect(201) for name in names]
    kept = [each for (each,) in database.rows("SELECT password_hash FROM accounts ORDER BY id")]
    answers.append(ask(shelf, names[0], secret).expect(200))
    answers += [ask(shelf, names[0], wrong), ask(shelf, wrong, wrong)]
    answers.append(shelf.get(ME, headers=bearer(answers[2])).expect(200))
    for each in answers:
        holds_none(each, [secret, wrong])
    rows = {name: rows_of(database, name) for (name,) in database.rows(TABLES)}
    for table, found in rows.items():
        holds_no(f"the table {table}", repr(found), secret, wrong)
    for file in database.path.parent.glob(f"{database.path.name}*"):
        holds_no(f"the file {file.name}", file.read_bytes().decode("latin-1"), secret, wrong)
    holds_no("what Shelf has printed", shelf.output, secret, wrong)
    is_argon2(shelf, kept)


def test_an_unknown_name_looks_and_costs_like_a_wrong_password(shelf, database):
    """An unknown name and a wrong password look the same and cost the same; so does an account that is shut."""
    known, shut, empty, secret = word(8), word(8), word(8), canary()
    for name in (known, shut, empty):
        shelf.post(ACCOUNTS, json=account(name, secret)).expect(201)
    ask(shelf, known.upper(), secret).expect(200, about=f"The account {known}, asked for as {known.upper()}:")
    database.execute("UPDATE accounts SET is_active = false WHERE username = ?", shut)
    database.execute("UPDATE accounts SET password_hash = NULL WHERE username = ?", empty)
    wrong, wrong_cost = refusal(shelf, known, canary(), "A wrong password:")
    assert wrong_cost, because(
        saw=f"A log-in with a wrong password was refused, and nothing was hashed for that. {wrong}",
        expected="the password that came is hashed with argon2, to compare it with what is kept.",
        cause="what is kept is the password itself, or something that is not made of it with argon2.",
        look=KEPT,
    )
    cases = {
        "An unknown name:": (word(9), canary()),
        "An account that is not active, with its own password:": (shut, secret),
        "An account that is not active, with a wrong password:": (shut, canary()),
        "An account without a password:": (empty, canary()),
    }
    for about, (name, password) in cases.items():
        answer, cost = refusal(shelf, name, password, about)
        assert looks(answer) == looks(wrong), because(
            saw=f"{about} {answer}\nA wrong password: {wrong}",
            expected="the same answer: nobody learns by asking who has an account here.",
            cause="the answers are written in different places, each with words of its own.",
            look=SAME,
        )
        assert cost == wrong_cost, because(
            saw=f"{about} {hashed(cost)} For a wrong password: {hashed(wrong_cost)}",
            expected="the same work, so that the time of an answer tells nothing; without a hash, with a made-up one.",
            cause=why_cheaper(cost, wrong_cost),
            look=SAME,
        )


def test_hashing_stops_nobody(shelf, waiter):
    """Hashing never stops the loop, takes few threads, and keeps no connection of the database meanwhile."""
    caller = shelf.sign_up()
    ask(shelf, caller.username, canary()).expect(401)
    hashes = shelf.hashes()
    assert hashes, because(
        saw="An account was opened and a password compared, and nothing was hashed with argon2.",
        expected="argon2, by way of pwdlib, in a thread of Shelf's own process.",
        cause="what is kept of a password is made in another way, or in another process.",
        look=KEPT,
    )
    for what, about in ((0, "Opening an account"), (-1, "A log-in")):
        assert not hashes[what]["on_loop"], because(
            saw=f"{about} has its password hashed in the thread of the event loop.",
            expected="in another thread: a hash takes a tenth of a second, and for so long all others stand still.",
            cause="the hasher is called in an `async def`, and `async` does not move work elsewhere.",
            look=BUSY,
        )
    held = shelf.hold_hashes()
    pending = [shelf.start("POST", TOKEN, data=form(caller.username, canary())) for _ in range(25)]
    pending += [shelf.start("POST", ACCOUNTS, json=account(word(8), canary())) for _ in range(5)]
    waiter.until(lambda: held.waiting or any(each.done for each in pending))
    about = "25 log-ins and 5 new accounts wait for their passwords to be hashed."
    for path in ["/health", ME] * 5:
        answer = caller.get(path)
        assert answer.answered or shelf.gone, because(
            saw=f"{about} GET {path} got no answer.{shelf.standstill}",
            expected="an answer: whoever waits for a hash keeps nobody else waiting.",
            cause=why_no_answer(shelf, path),
            look=BUSY,
        )
        answer.expect(200, about=about)
    number = held.waiting
    held.release()
    assert 0 < number <= AT_ONCE, because(
        saw=f"25 log-ins and 5 new accounts at once, and {number} passwords are being hashed at the same time.",
        expected=f"at least 1 and at most {AT_ONCE}: each takes 64 MiB of memory, and processors are few.",
        cause="the threads are those of everybody, and there are many: 40 in AnyIO, up to 32 in asyncio.",
        look=BUSY,
    )
    statuses = [each.answer().status for each in pending]
    assert statuses == [401] * 25 + [201] * 5, because(
        saw=f"25 wrong passwords and 5 new accounts at once were answered {statuses}",
        expected="401 for each wrong password, 201 for each account.",
        cause="who has to wait for a thread is given up, or answered without a look at the password.",
        look=BUSY,
    )


# What the steps share

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def word(length):
    return "".join(random.choices(string.ascii_lowercase, k=length))


def canary():
    """A password that stands nowhere else."""
    return f"canary-{word(20)}"


def account(name, password):
    return {"email": f"{name}@example.com", "username": name, "age": random.randint(18, 99), "password": password}


def form(name, password):
    return {"grant_type": "password", "username": name, "password": password}


def ask(shelf, name, password):
    """Ask for a token."""
    return shelf.post(TOKEN, data=form(name, password))


def bearer(answer):
    return {"Authorization": f"Bearer {answer['access_token']}"}


def refusal(shelf, name, password, about):
    """The answer to a log-in that must fail, and what was hashed for it."""
    before = len(shelf.hashes())
    answer = ask(shelf, name, password)
    why = "the log-in looks at the password alone." if answer.status == 200 else TELLING
    words = {"cause": why, "look": SAME} if answer.status in (200, 400, 403, 404, 423) else {}
    answer.expect(401, about=about, **words)
    return answer, sorted(each["cost"] for each in shelf.hashes()[before:])


TELLING = "each reason has a status of its own, so whoever asks learns which names have an account."


def looks(answer):
    """What a caller can see of an answer; not what differs from request to request."""
    body = {name: value for name, value in answer.json.items() if name not in ("instance", "request_id")}
    return answer.status, sorted(set(answer.headers) - {"content-length", "date"}), body


def hashed(cost):
    return f"hashed with {', '.join(cost)}." if cost else "nothing is hashed."


def why_cheaper(cost, expected):
    if not cost:
        return "where there is nobody, or nobody may come in, the answer goes out before any password is looked at."
    if len(cost) != len(expected):
        return "the hash to compare with is made anew for each of these log-ins, or more is hashed than compared."
    return "the made-up hash is made with other parameters than those of an account."


def why_no_answer(shelf, path):
    if path == "/health":
        return "hashing stands in the way of the event loop, or of every thread."
    return (
        "each log-in keeps a connection of the database while it waits for its hash, and there are only so many: "
        f"{shelf.connections_out()} are out."
    )


def rows_of(database, table):
    return database.rows(f'SELECT * FROM "{table}"')


def disguises(secret):
    """What a password may look like, and what is as good as it to whoever has a list of passwords; each with a name."""
    data = secret.encode()
    yield "as it came", secret
    yield "in base64", base64.b64encode(data).decode().rstrip("=")
    yield "in hexadecimal", data.hex()
    yield "backwards", secret[::-1]
    for name in ("md5", "sha1", "sha256", "sha512"):
        yield f"as a bare {name}", hashlib.new(name, data).hexdigest()
        yield f"as a bare {name}", base64.b64encode(hashlib.new(name, data).digest()).decode().rstrip("=")


def holds_none(answer, secrets):
    """Fail the step if an answer holds a password or a hash."""
    holds_no(f"the answer to {answer.method} {answer.path}", answer.text, *secrets)
    assert "$argon2" not in answer.text, because(
        saw=f"{answer}",
        expected="an answer without the hash: whoever has it can try passwords at home.",
        cause="the row of the database is answered as it is, and not by a schema for answers.",
        look="shelf/accounts/schemas.py.",
    )


def holds_no(place, text, *secrets):
    """Fail the step if a text holds one of the passwords, in whatever disguise."""
    for secret in secrets:
        for how, form in disguises(secret):
            assert form not in text, because(
                saw=f"A password stands in {place}, {how}.",
                expected="nowhere: a copy of the database, a backup or a log must not open anybody's account.",
                cause=WHY_KEPT.get(how, "a hash that is made in a moment: a list of common passwords undoes it."),
                look="wherever something is logged or printed." if "printed" in place else KEPT,
            )


WHY_KEPT = {
    "as it came": "it is kept, printed or answered as it came.",
    "in base64": "base64 is a way of writing, not a secret.",
    "in hexadecimal": "hexadecimal is a way of writing, not a secret.",
    "backwards": "what can be turned round is no hash.",
}


def is_argon2(shelf, kept):
    """Fail the step unless these, made of the same password, are good hashes."""
    for each in kept:
        right = re.fullmatch(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[\w+/]+\$[\w+/]+", str(each))
        assert right, because(
            saw=f"accounts.password_hash holds {str(each)[:40]}...",
            expected="what argon2id makes of a password, as `PasswordHash.recommended()` of pwdlib gives it.",
            cause="it is made in another way. Faster ones help most whoever tries passwords by the million.",
            look=KEPT,
        )
    costs = {each["cost"] for each in shelf.hashes()}
    cheap = [cost for cost in costs if int((re.findall(r"m=(\d+)", cost) or ["0"])[0]) < LEAST]
    dear = bool(costs) and not cheap
    assert dear, because(
        saw=f"Passwords are hashed with {', '.join(sorted(costs)) or 'something else than argon2'}.",
        expected=f"argon2id with at least 19 MiB (m={LEAST}); `recommended()` takes 64 MiB (m=65536).",
        cause="the parameters are cheap: so is each guess of whoever has the table.",
        look=KEPT,
    )
    assert len(set(kept)) == len(kept), because(
        saw="Two accounts have the same password, and the same hash.",
        expected="two different ones: a salt by chance for each.",
        cause="the salt is fixed. One look then shows who has the same password, and one search finds them all.",
        look=KEPT,
    )
