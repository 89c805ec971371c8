"""Lesson 12: what is open when Redis fails, and what is never closed."""

import json
import random

from workshop.testbed import because
from workshop.testbed.upstash import NONSENSE
from workshop.testbed.windows import far_window

BOOKMARKS = "/api/bookmarks/"
ME = "/api/accounts/me/"
TOKEN = "/api/auth/token"
GUARD = 15.0
"""Seconds for what takes one at most."""
OPEN = "`count` in shelf/limits.py, and 'When Redis fails' in the lesson."
SAID = "`_say` in shelf/limits.py, and 'When Redis fails' in the lesson."
NEVER = "`create_app` in shelf/main.py, and 'What is counted' in the lesson."


def test_without_redis_shelf_is_open_and_says_so(start_shelf, redis, waiter):
    """Where Redis is down, slow or full of nonsense, nobody is refused or kept waiting, and the log says so, once."""
    most = random.randint(2, 3)
    env = {"RATE_LIMIT": str(most), "RATE_SECONDS": str(far_window()), "LOGIN_LIMIT": "40", "LOGIN_SECONDS": "3600"}
    none = {"UPSTASH_REDIS_REST_URL": "", "UPSTASH_REDIS_REST_TOKEN": ""}
    patient, hurried, alone = {"REDIS_SECONDS": "60"}, {"REDIS_SECONDS": "0.25"}, {"REDIS_SECONDS": "60"} | none
    shelf = start_shelf(env=env, environments=[patient, hurried, alone])
    is_well_again(says_so(shelf, redis, most), most, waiter)
    caller = shelf.sign_up(app=1)
    for about, break_it in faults(redis):
        break_it()
        is_open(caller, most, about)
        redis.heal()
    is_open(shelf.sign_up(app=2), most, "No Redis is set up")


def test_health_is_never_limited(start_shelf, redis):
    """Health is never limited, counts for nobody, and asks nobody; a limit of 0 is none."""
    most = random.randint(3, 4)
    env = {"RATE_SECONDS": str(far_window()), "LOGIN_LIMIT": "0", "REDIS_SECONDS": "60"}
    shelf = start_shelf(env=env, environments=[{"RATE_LIMIT": str(most)}, {"RATE_LIMIT": "0"}])
    before = redis.count()
    healthy(shelf, "Before anything else")
    assert redis.count() == before, because(
        saw=f"GET /health has sent this to Redis: {redis.commands[before][0]}",
        expected="nothing: a machine asks for health all day, and must learn about Shelf, not about Redis.",
        cause="health is counted like everything else.",
        look=NEVER,
    )
    statuses = [shelf.get(ME).status for _ in range(most + 1)]
    assert statuses == [401] * most + [429], because(
        saw=f"RATE_LIMIT is {most}. After three times GET /health, {most + 1} requests of somebody without an account,"
        f" at the same address: {' '.join(map(str, statuses))}",
        expected=f"{most} times 401, and one 429.",
        cause="GET /health takes from a share." if statuses.count(401) < most else "nobody is refused.",
        look=NEVER,
    )
    healthy(shelf, "Somebody at the same address was refused. Then")
    redis.hang()
    healthy(shelf, "Redis hangs. Then")
    redis.heal()
    before = redis.count()
    free = [shelf.get(ME, app=1).status for _ in range(most + 2)]
    assert (set(free), redis.count()) == ({401}, before), because(
        saw=f"RATE_LIMIT is 0. {len(free)} requests: {' '.join(map(str, free))}, and {redis.count() - before} commands"
        " to Redis.",
        expected="401 each time, and no command: 0 is no limit.",
        cause="0 is taken for a limit, or is counted all the same.",
        look="`_count` in shelf/limits.py, and 'What is counted' in the lesson.",
    )


# What the steps share


def says_so(shelf, redis, most):
    """Return a caller who was served while Redis was gone; fail the step unless the log says so once."""
    caller = shelf.sign_up(app=0)
    redis.die()
    is_open(caller, 4 * most, "Redis refuses connections")
    loud = [line for line in lines(shelf.output) if line.get("level") in ("WARNING", "ERROR", "CRITICAL")]
    loud = [line for line in loud if any(word in json.dumps(line).lower() for word in ("limit", "redis"))]
    fitting = [line for line in loud if "rate limit" in str(line.get("message")).lower()]
    redis.heal()
    assert fitting, because(
        saw=f"Redis was gone, and nobody was refused. Lines of WARNING in the log: {len(loud)}, and none of them says"
        " `rate limits`.",
        expected="one line: a protection that is off must not be off in silence.",
        cause="the error is swallowed, or said in other words or on another level.",
        look=SAID,
    )
    assert len(loud) <= 2, because(
        saw=f"Redis was gone for {4 * most + 3} requests, and the log has {len(loud)} lines about it, such as:"
        f" {json.dumps(fitting[0].get('message'))}",
        expected="one line. Under load it would be thousands, and nobody finds the others between them.",
        cause="each request says it anew.",
        look=SAID,
    )
    return caller


def is_well_again(caller, most, waiter):
    """Fail the step unless limits count again by themselves."""
    assert waiter.until(lambda: caller.get(BOOKMARKS).status == 429, GUARD), because(
        saw=f"Redis was gone, and is well again. {GUARD:g} seconds later nobody is refused.",
        expected=f"429 after {most} requests, without a new start.",
        cause="after a failure limits are given up, or the client is broken for good.",
        look=OPEN,
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


def faults(redis):
    """Each way in which Redis fails: what it is, and how to bring it about."""
    yield "Redis refuses connections", redis.die
    yield "Redis answers 503", redis.fail
    yield "Redis never answers", redis.hang
    yield "Redis does what it is asked, and answers a minute late", lambda: redis.slow(60)
    for body in NONSENSE:
        yield f"Redis answers {body!r}", lambda body=body: redis.nonsense(body)
    yield "Every value in Redis is a text", redis.spoil


def is_open(caller, most, about):
    """Fail the step unless more than the limit are served, and logging in works, in time."""
    pending = [caller.start("GET", BOOKMARKS) for _ in range(most + 1)]
    right = {"grant_type": "password", "username": caller.username, "password": caller.password}
    wrong = right | {"password": "wrong"}
    pending += [caller.service.start("POST", TOKEN, app=caller.app, data=form) for form in (right, wrong)]
    for each, status in zip(pending, [200] * (most + 1) + [200, 401], strict=True):
        answer = each.answer(GUARD)
        assert answer.answered, because(
            saw=f"{about}, and {answer.method} {answer.path} gets no answer within {GUARD:g} seconds.",
            expected="an answer, REDIS_SECONDS later at most.",
            cause="nobody looks at the clock: by itself the client waits for ever.",
            look=OPEN,
        )
        answer.expect(status, about=f"{about}:", look=OPEN, cause=why_not_open(answer))


def why_not_open(answer):
    """What closes Shelf when Redis fails."""
    if answer.status == 429:
        return "what nobody knows is taken for too much."
    return "an error of the client gets through. It has many, and not all are UpstashError: catch what may come."


def healthy(shelf, about):
    """Fail the step unless health is well."""
    for _ in range(3):
        answer = shelf.start("GET", "/health").answer(GUARD)
        assert answer.status == 200, because(
            saw=f"{about}: {answer}",
            expected="200: whoever watches Shelf would start it anew, or take it out, because it has much to do.",
            cause="the limit sits before all routes.",
            look=NEVER,
        )
