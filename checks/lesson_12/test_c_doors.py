"""Lesson 12: at the door, where everybody is nobody yet."""

import random

from workshop.testbed import because
from workshop.testbed.windows import far_window, turn_clock

TOKEN = "/api/auth/token"
ADDRESSES = 10
DOOR = "`limit_sign_ins` in shelf/accounts/shares.py, and 'At the door' in the lesson."
NAME = "`name_of` in shelf/accounts/shares.py, and 'At the door' in the lesson."


def test_log_in_is_limited_by_name_and_by_address(start_shelf, redis):
    """Attempts to log in are limited by address and by name, and nobody at one address shuts out another."""
    most, window = random.randint(2, 3), far_window()
    env = {"LOGIN_LIMIT": str(most), "LOGIN_SECONDS": str(window), "RATE_LIMIT": "0", "TRUSTED_PROXIES": "127.0.0.1"}
    shelf = start_shelf(env=env | {"REDIS_SECONDS": "60"})
    ann = shelf.sign_up()
    by_address(shelf, ann, most)
    by_name(shelf, shelf.sign_up(f"Ben{word()}"), most)
    nobody_reads_names(shelf, redis)
    where = address()
    for _ in range(most + 1):
        attempt(shelf, word(), word(), where)
    turn_clock(shelf, 2 * window)
    attempt(shelf, ann.username, ann.password, where).expect(200, about="Two windows later:", look=DOOR, cause=FOR_EVER)


# What the step is made of

FOR_EVER = "what is counted is never forgotten."


def word():
    return f"w{random.randrange(16**8):08x}"


def address():
    """An address that nobody else has."""
    return f"198.{'.'.join(str(random.randint(1, 250)) for _ in range(3))}"


def attempt(shelf, username, password, where):
    """Try to log in from an address."""
    form = {"grant_type": "password", "username": username, "password": password}
    return shelf.post(TOKEN, data=form, headers={"X-Forwarded-For": where})


def by_address(shelf, ann, most):
    """Fail the step unless an address has so many attempts, and shuts out nobody else."""
    where, home = address(), address()
    for number in range(most):
        about = f"Attempt {number + 1} of {most} at an address:"
        attempt(shelf, ann.username if number else word(), word(), where).expect(401, about=about, look=DOOR)
    compared = len(shelf.hashes())
    tries = [(word(), word(), "another name"), (ann.username, ann.password, "the right name and password")]
    for username, password, what in tries:
        answer = attempt(shelf, username, password, where)
        assert answer.status == 429, because(
            saw=f"LOGIN_LIMIT is {most}. {most} attempts were made at one address; another one, with {what}: {answer}",
            expected="429: one address may try so often, whatever names it tries.",
            cause="only names are counted. Whoever knows many names tries one password at each."
            if what == "another name"
            else "the password is looked at first, so guessing goes on, and a 429 says that a guess was wrong.",
            look=DOOR,
        )
        has_hint(answer)
    now = len(shelf.hashes())
    assert now == compared, because(
        saw=f"Two attempts were refused with 429, and {now - compared} times a password was compared for that.",
        expected="none: comparing costs a quarter of a second of a processor, and that is what many attempts use up.",
        cause="it is counted after the password was compared.",
        look=DOOR,
    )
    for _ in range(most * ADDRESSES):
        attempt(shelf, ann.username, word(), where)
    answer = attempt(shelf, ann.username, ann.password, home)
    assert answer.status == 200, because(
        saw=f"LOGIN_LIMIT is {most}. Somebody has tried Ann's name {most * ADDRESSES + most} times at one address. Ann,"
        f" at hers, with the right password: {answer}",
        expected="200: one address may take so many attempts from a name, and a name has ten times as many.",
        cause="names are limited like addresses, or attempts that the address has no right to are counted for the name."
        " So whoever knows a name can shut its owner out, at no cost.",
        look=DOOR,
    )


def by_name(shelf, ben, most):
    """Fail the step unless a name, in whatever case, has ten times so many attempts."""
    spelled = [ben.username, ben.username.upper(), ben.username.lower()]
    for number in range(1, most * ADDRESSES):  # one attempt was his own
        answer = attempt(shelf, spelled[number % 3], word(), address())
        about = f"Attempt {number + 1} of {most * ADDRESSES} with one name, each at another address:"
        answer.expect(401, about=about, look=NAME)
    for username in spelled:
        answer = attempt(shelf, username, ben.password, address())
        assert answer.status == 429, because(
            saw=f"LOGIN_LIMIT is {most}. {most * ADDRESSES} attempts were made with Ben's name, each at another"
            f" address, in small letters, big ones and both. Another one: {answer}",
            expected="429: a name has ten times as many attempts as an address, whoever makes them.",
            cause="only addresses are counted, or pairs of a name and an address: who has many addresses guesses on."
            if spelled[0] == username
            else "BEN and ben are counted apart, but open the same account.",
            look=DOOR if spelled[0] == username else NAME,
        )
        has_hint(answer)
    attempt(shelf, word(), word(), address()).expect(401, about="Another name, at another address:", look=DOOR)


def has_hint(answer):
    """Fail the step unless a refused attempt is told when to try again."""
    fine = answer.headers.get("Retry-After", "").isdigit() and "RateLimit" in answer.headers
    assert fine, because(
        saw=f"{answer}\nRetry-After: {answer.headers.get('Retry-After')}, RateLimit: {answer.headers.get('RateLimit')}",
        expected="both headers, as above every 429.",
        cause="the share that was used up is not the one that is told, or none is.",
        look="`spend` in shelf/accounts/shares.py, and 'What callers are told' in the lesson.",
    )


def nobody_reads_names(shelf, redis):
    """Fail the step if what somebody has typed as a name stands in Redis."""
    typed = f"Oops{word()}"
    attempt(shelf, typed, word(), address()).expect(401)
    shown = [each for each in redis.commands if any(typed.lower() in part.lower() for part in each)]
    assert not shown, because(
        saw=f"Somebody has typed {typed} as a name, and Redis was told it: {' '.join(shown and shown[0][-4:])[:160]}",
        expected="a hash of the name: people type passwords into the wrong field.",
        cause="the key is the name itself.",
        look=NAME,
    )
