"""Lesson 12: how much somebody may ask, what they are told about it, and who it is that asks."""

import json
import random
import re

from workshop.testbed import because
from workshop.testbed.windows import far_window, turn_clock

BOOKMARKS = "/api/bookmarks/"
KEYS = "/api/tokens/"
ME = "/api/accounts/me/"
ORIGIN = "https://desk.example"
TOLD = "`headers` in shelf/limits.py, and 'What callers are told' in the lesson."
COUNTS = "`_count` in shelf/limits.py, and 'One call' in the lesson."
WINDOWS = "`_count` in shelf/limits.py, and 'A window that slides' in the lesson."
WHOSE = "`limit_requests` in shelf/accounts/shares.py, and 'Whose share' in the lesson."
ADDRESS = "`add_layers` in shelf/middleware.py, and 'Whose address' in the lesson."
NETWORK = "`address_of` in shelf/accounts/shares.py, and 'Whose address' in the lesson."


def test_one_too_many_is_a_429_problem(start_shelf, redis, waiter):
    """One too many is a 429, a problem document that says when to come back; every counted answer says what is left."""
    most, window = random.randint(5, 7), far_window()
    shelf = start_shelf(env=limits(most, window) | {"CORS_ORIGINS": ORIGIN})
    caller = shelf.sign_up()
    before = redis.count()
    for number, (method, path, status, request) in enumerate(requests(most), start=1):
        answer = caller.request(method, path, **request).expect(
            status, about=f"Request {number} of {most}:", look=WHOSE
        )
        left, seconds = told(answer, most, window)
        assert left == most - number, because(
            saw=f"RATE_LIMIT is {most}. Request {number} of an account: RateLimit says {left} are left.",
            expected=f"{most - number}: each request counts once.",
            cause="a request is counted twice, or the requests of others are counted, too."
            if left < most - number
            else "this request was not counted, or what is told is not what was counted.",
            look=WHOSE,
        )
    asked = redis.commands[before:]
    assert len(asked) == most, because(
        saw=f"{most} requests, and {len(asked)} commands to Redis: {', '.join(each[0] for each in asked[:6])} ...",
        expected="one command for each request: every caller waits for it.",
        cause="what is left is asked for by another command. The answer to the first one has it.",
        look=COUNTS,
    )
    refused = caller.get(BOOKMARKS, headers={"Origin": ORIGIN})
    seconds = is_refusal(refused, most, window)
    is_like_others(refused, shelf, waiter)
    comes_back(shelf, caller, most, window, seconds)


def test_each_user_has_a_share_of_their_own(start_shelf):
    """Each account has a share of its own, for all its tokens and keys; whoever has none shares that of an address."""
    most, window = 9, far_window()
    shelf = start_shelf(env=limits(most, window) | {"TRUSTED_PROXIES": "127.0.0.1"})
    ann, ben = shelf.sign_up(), shelf.sign_up()
    again = shelf.sign_up(ann.username, ann.password)
    keys = [ann.post(KEYS, json={"name": word()}).expect(201)["key"] for _ in range(2)]
    shown = {
        "a token": f"Bearer {ann.token}",
        "another token": f"Bearer {again.token}",
        "a key": f"Token {keys[0]}",
        "another key": f"Bearer {keys[1]}",
    }
    crowd = address()
    for number in range(most - 2):  # making two keys was counted, too
        what, credentials = list(shown.items())[number % len(shown)]
        answer = shelf.get(BOOKMARKS, headers=of(credentials, address()))
        answer.expect(200, about=f"Request {number + 3} of {most}, with {what}:", look=WHOSE)
    for what, credentials in shown.items():
        for where, place in (("where nobody was before", address()), ("in an office", crowd)):
            answer = shelf.get(BOOKMARKS, headers=of(credentials, place))
            assert answer.status == 429, because(
                saw=f"RATE_LIMIT is {most}. An account has asked {most} times with two tokens and two keys, each time"
                f" from another address. With {what}, {where}: {answer}",
                expected="429: the account has used up its share, whatever it shows, and wherever it is.",
                cause="the address is counted, or the token or key. Who wants more then fetches another one.",
                look=WHOSE,
            )
    left, _ = told(
        ben.get(BOOKMARKS, headers={"X-Forwarded-For": crowd}).expect(200, look=WHOSE, about=NEIGHBOUR), most
    )
    assert left == most - 1, because(
        saw=f"Ann has used up her share. Ben's first request, from the same address: RateLimit says {left} are left.",
        expected=f"{most - 1} of {most}: Ben has a share of his own.",
        cause="they share one, because they share an address.",
        look=WHOSE,
    )
    strangers(shelf, most, crowd)
    ben.get(BOOKMARKS, headers={"X-Forwarded-For": crowd}).expect(200, about=CROWDED, look=WHOSE)


def test_a_forged_address_gains_nothing(start_shelf):
    """A forged X-Forwarded-For gains nothing; what a listed proxy says is believed, and no word more."""
    most, window = random.randint(3, 4), far_window()
    names = {"": "no proxy", "10.0.0.0/8": "another proxy", "127.0.0.1, 10.0.0.0/8": "the proxy"}
    shelf = start_shelf(env=limits(most, window), environments=[{"TRUSTED_PROXIES": each} for each in names])
    own = 0
    for app, (listed, which) in list(enumerate(names.items()))[:2]:
        for number in range(2 * most):
            forged = address() if number % 2 else f"{address()}, 10.1.1.1"
            headers = {"X-Forwarded-For": forged, "X-Real-IP": address(), "Forwarded": f"for={address()}"}
            answer = shelf.get(ME, app=app, headers=headers)
            own += answer.status == 401
        assert own == most, because(
            saw=f"RATE_LIMIT is {most}, TRUSTED_PROXIES is {json.dumps(listed)}: {which} is listed. Callers from"
            f" 127.0.0.1 name another address in X-Forwarded-For each time: {own} of {(app + 1) * 2 * most} pass.",
            expected=f"{most}: a header is what a caller writes. All of these have come from 127.0.0.1.",
            cause="a caller's word counts. Whoever sends another address each time has no limit at all."
            if own > most
            else "requests are counted that were not made, or more than once.",
            look=ADDRESS,
        )
    behind_a_proxy(shelf, 2, most)
    of_networks(shelf, 2, most)


# What the steps share

NEIGHBOUR = "Ann has used up her share. Ben, from the same address:"
CROWDED = "Others at his address have no account and have used up that share. Ben's own request:"


def limits(most, window):
    """The environment of a service with this limit, and no other; a busy machine is no broken Redis."""
    return {"RATE_LIMIT": str(most), "RATE_SECONDS": str(window), "LOGIN_LIMIT": "0", "REDIS_SECONDS": "60"}


def word():
    return f"w{random.randrange(16**8):08x}"


def address():
    """An address that nobody else has."""
    return f"198.{'.'.join(str(random.randint(1, 250)) for _ in range(3))}"


def of(credentials, place):
    return {"Authorization": credentials, "X-Forwarded-For": place}


def requests(most):
    """Requests of one account, each as (method, path, status, rest): fine ones and others."""
    kinds = [
        ("GET", BOOKMARKS, 200, {}),
        ("GET", f"{BOOKMARKS}{random.randint(10**6, 10**7)}/", 404, {}),
        ("POST", BOOKMARKS, 422, {"json": {"url": ""}}),
        ("GET", f"{BOOKMARKS}export/", 200, {}),
    ]
    return (kinds + [kinds[0]] * most)[:most]


def told(answer, most, window=None):
    """Return how many requests are left, and for how many seconds, as an answer tells; fail the step if it does not."""
    policy, now = answer.headers.get("RateLimit-Policy"), answer.headers.get("RateLimit")
    quota, state = parameters(policy), parameters(now)
    fine = quota.get("q") == most and window in (None, quota.get("w")) and {"r", "t"} <= set(state)
    assert fine, because(
        saw=f"{answer}\nRateLimit-Policy: {policy}\nRateLimit: {now}",
        expected=f'RateLimit-Policy: "requests";q={most};w={window or "..."} and RateLimit: "requests";r=...;t=...',
        cause=f"only a good answer tells, or only what a route returns itself: {answer.status} comes from elsewhere."
        if answer.status not in (200, 429) or answer.path.endswith("export/")
        else "the headers are missing, or written in another way.",
        look=TOLD,
    )
    return state["r"], state["t"]


def parameters(field):
    """The whole numbers in a field such as `"requests";r=4;t=60`."""
    form = re.match(r'\s*"[^"]+"((?:\s*;\s*[a-z]+=[0-9]+)+)\s*(,|$)', field or "")
    return {key: int(value) for key, value in re.findall(r"([a-z]+)=([0-9]+)", form[1])} if form else {}


def is_refusal(answer, most, window):
    """Return after how many seconds a refused caller may come back; fail the step unless the refusal says so."""
    answer.expect(429, about=f"RATE_LIMIT is {most}, and this is one more:", look=COUNTS, cause="nobody is refused.")
    members = set(answer.json) if isinstance(answer.json, dict) else set()
    kind = answer.headers.get("content-type", "")
    fine = kind.startswith("application/problem+json") and {"type", "title", "status", "detail", "instance"} <= members
    assert fine, because(
        saw=f"{answer}\n({kind})",
        expected="a problem document, like every error since lesson 08.",
        cause="the refusal is answered past the handlers: by a layer of its own, or a bare Response.",
        look="`spend` in shelf/accounts/shares.py, and 'What callers are told' in the lesson.",
    )
    left, seconds = told(answer, most, window)
    after = answer.headers.get("Retry-After", "")
    fine = re.fullmatch("[1-9][0-9]*", after) and (left, seconds) == (0, int(after)) and seconds < window - 800
    assert fine, because(
        saw=f"One too many was refused, with Retry-After: {after or None} and RateLimit: {answer.headers['RateLimit']}",
        expected="Retry-After: the whole seconds to the end of this window, which began long ago. And r=0, t=the same.",
        cause=why_not_after(after, window),
        look=TOLD,
    )
    return seconds


def is_like_others(answer, shelf, waiter):
    """Fail the step unless a refusal has an id, stands in the log, and can be read by a script in a browser."""
    number = answer.headers.get("X-Request-ID")

    def logged():
        return any((line.get("status"), line.get("request_id")) == (429, number) for line in lines(shelf.output))

    fine = number and waiter.until(logged)
    assert fine, because(
        saw=f"{answer}\nX-Request-ID: {number}. The log has no line with this id and this status.",
        expected="an id and a line in the log, as for every request: somebody will ask about the refused ones.",
        cause="requests are refused before they reach the layers that give ids and write the log.",
        look="`add_layers` in shelf/middleware.py.",
    )
    exposed = answer.headers.get("Access-Control-Expose-Headers", "")
    shown = {name.strip().lower() for name in exposed.split(",")}
    hidden = [name for name in ("Retry-After", "RateLimit", "RateLimit-Policy") if name.lower() not in shown]
    assert not hidden, because(
        saw=f"A page of {ORIGIN} was refused: {answer}\nAccess-Control-Expose-Headers: {exposed or None}",
        expected=f"{', '.join(hidden)} in there, too.",
        cause="a browser shows a page's script only the headers that are named there.",
        look="`add_layers` in shelf/middleware.py, and 'What callers are told' in the lesson.",
    )


def lines(output):
    """The lines of a log that are JSON objects."""
    for line in output.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def why_not_after(after, window):
    """What turns Retry-After into something else."""
    if not after:
        return "a bare 429: the caller cannot know when, and tries again at once."
    if after.isdigit() and int(after) > 10**6:
        return "`reset` is a time, in seconds since 1970. Retry-After says how long from now."
    if after.isdigit() and int(after) == window:
        return "a whole window is told, but it ends earlier: windows follow the clock, not the caller."
    return "Retry-After takes whole seconds. Rounded down, it invites callers a moment too early."


def comes_back(shelf, caller, most, window, seconds):
    """Fail the step unless a refused caller is served when the time has come, and has a whole share later."""
    turn_clock(shelf, seconds)
    answers = [caller.get(BOOKMARKS) for _ in range(2)]
    assert answers[0].status == 200, because(
        saw=f"Retry-After said {seconds}. So many seconds later: {answers[0]}",
        expected="200: who waits as told is served.",
        cause="what is told is not when the window ends.",
        look=TOLD,
    )
    assert answers[1].status == 429, because(
        saw=f"A share of {most} was used up. A moment after the end of the window another two requests: {answers[1]}",
        expected="429: the window slides. What was used a moment ago counts nearly in full.",
        cause="a fixed window: at its edge a caller has two shares, one before and one after.",
        look=WINDOWS,
    )
    turn_clock(shelf, 2 * window)
    statuses = [caller.get(BOOKMARKS).status for _ in range(most + 1)]
    assert statuses == [200] * most + [429], because(
        saw=f"Two windows later, with a limit of {most}: {' '.join(map(str, statuses))}",
        expected=f"{most} times 200, and one 429.",
        cause="what is counted is never forgotten: a counter without an end, or one whose end moves with each request."
        if statuses[0] == 429
        else "the limit is not the same as before.",
        look=WINDOWS,
    )


def strangers(shelf, most, place):
    """Fail the step unless those without an account share what an address has."""
    kinds = [lambda: f"Bearer {word()}", lambda: f"Token shelf_{word()}", lambda: ""]
    for number in range(most):
        answer = shelf.get(BOOKMARKS, headers=of(kinds[number % 3](), place))
        answer.expect(401, about=f"Request {number + 1} of {most} at an address, without an account:", look=WHOSE)
    for kind in kinds:
        answer = shelf.get(BOOKMARKS, headers=of(kind(), place))
        assert answer.status == 429, because(
            saw=f"RATE_LIMIT is {most}. {most} callers at one address have shown no token or key that counts. Another"
            f" such: {answer}",
            expected="429: who has no account is counted by address, also if what they show does not count.",
            cause="only accounts are counted, or each is counted by what they show. Guessing is free then.",
            look=WHOSE,
        )
    shelf.get(BOOKMARKS, headers=of(kinds[0](), address())).expect(401, about="Another address:", look=WHOSE)


def behind_a_proxy(shelf, app, most):
    """Fail the step unless the right-most address that no listed proxy has is the one that counts."""
    mine, other = address(), address()
    for number in range(most):
        answer = shelf.get(ME, app=app, headers={"X-Forwarded-For": mine})
        answer.expect(
            401, about=f"Request {number + 1} of {most} through a listed proxy:", look=ADDRESS, cause=ONE_PROXY
        )
    ways = {
        mine: "the same address again",
        f"{address()}, {mine}": "the same, and something forged to its left",
        f"{address()}, {mine}, 10.1.2.3": "the same, something forged, and a second listed proxy",
        f"10.9.9.9, {mine}": "the same, and the address of a listed proxy forged to its left",
    }
    for said, what in ways.items():
        answer = shelf.get(ME, app=app, headers={"X-Forwarded-For": said})
        assert answer.status == 429, because(
            saw=f"TRUSTED_PROXIES is 127.0.0.1, 10.0.0.0/8, and {mine} has used up its share. X-Forwarded-For: {said}"
            f" ({what}): {answer}",
            expected="429. A proxy adds at the right whom it has seen: from there, the first that is no listed proxy.",
            cause="the left-most address counts. That is what the caller has written."
            if not said.endswith("10.1.2.3")
            else "the address of the second proxy counts, or the left-most one.",
            look=ADDRESS,
        )
    shelf.get(ME, app=app, headers={"X-Forwarded-For": f"{mine}, {other}"}).expect(
        401, about=f"Another address, {other}, which has written {mine} to its left:", look=ADDRESS, cause=ONE_PROXY
    )


def of_networks(shelf, app, most):
    """Fail the step unless a network of IPv6 counts as one, and an address of IPv4 in the dress of IPv6 as itself."""
    mine, near = f"2001:db8:{random.randrange(1, 65536):x}", address()
    for _ in range(most):
        told = f"{mine}:1::{random.randrange(1, 65536):x}"
        shelf.get(ME, app=app, headers={"X-Forwarded-For": told}).expect(401, look=NETWORK, about=f"IPv6, {told}:")
        shelf.get(ME, app=app, headers={"X-Forwarded-For": near}).expect(401, look=NETWORK, about=f"IPv4, {near}:")
    ways = {f"{mine}:1:2:3:4:5": "another address in the same /64", f"::ffff:{near}": "the same IPv4 address"}
    for said, what in ways.items():
        answer = shelf.get(ME, app=app, headers={"X-Forwarded-For": said})
        assert answer.status == 429, because(
            saw=f"A share was used up. Then X-Forwarded-For: {said} ({what}): {answer}",
            expected="429: a customer of IPv6 gets a network, a /64 at least, and with it 2^64 addresses.",
            cause="each spelling, or each address in a network, has a share of its own.",
            look=NETWORK,
        )
    other = f"{mine}:2::1"
    shelf.get(ME, app=app, headers={"X-Forwarded-For": other}).expect(401, about=f"Another /64, {other}:", look=NETWORK)


ONE_PROXY = "everybody behind the proxy shares its address, or the left-most address counts."
