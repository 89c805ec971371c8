"""Lesson 12: a share is a share, however many ask at once, and in how many processes."""

import random

from workshop.testbed import because
from workshop.testbed.windows import far_window

BOOKMARKS = "/api/bookmarks/"
MOST = 10
AT_ONCE = 40
TOGETHER = "`_count` in shelf/limits.py, and 'One call' in the lesson."


def test_forty_at_once_on_a_limit_of_ten_are_ten(start_shelf, redis):
    """Forty at once on a limit of ten: exactly ten are served."""
    caller = start_shelf(env=limits()).sign_up()
    served = at_once(redis, [caller] * AT_ONCE)
    assert served == MOST, because(
        saw=f"RATE_LIMIT is {MOST}. One account sends {AT_ONCE} requests at the same moment: {served} are served.",
        expected=f"exactly {MOST}.",
        cause="first it is looked up how much was used, then it is counted. All who look before the first one has"
        " counted see the same number."
        if served > MOST
        else "those who are refused are counted, too, or some are counted twice.",
        look=TOGETHER,
    )


def test_two_processes_count_together(start_shelf, redis):
    """Two processes count together, one after the other, and at the same moment."""
    first, second = (start_shelf(must_run=False, env=limits()) for _ in range(2))
    ann = first.must_run().sign_up()
    there = same(second.must_run(), ann)
    alone = random.randint(3, 6)
    for number in range(alone):
        ann.get(BOOKMARKS).expect(200, about=f"Request {number + 1} of {MOST}:")
    served = [there.get(BOOKMARKS).status for _ in range(MOST)].count(200)
    assert served == MOST - alone, because(
        saw=f"RATE_LIMIT is {MOST}. One process has served {alone} requests of an account; then another"
        f" serves {served}.",
        expected=f"{MOST - alone}: it is one service, and one share, however many processes there are.",
        cause="each process counts in its own memory. With four processes the limit is four times as high."
        if served > MOST - alone
        else "more is counted than the requests of this account: those of others at its address, too.",
        look=TOGETHER,
    )
    ben = first.sign_up()
    served = at_once(redis, [ben, same(second, ben)] * (AT_ONCE // 2))
    assert served == MOST, because(
        saw=f"An account sends {AT_ONCE} requests at the same moment, half of them to another process: {served} are"
        " served.",
        expected=f"exactly {MOST}.",
        cause="looking and counting are two steps, and what keeps them together, a lock, ends at the process. Only"
        " where the number is kept can both be one step."
        if served > MOST
        else "those who are refused are counted, too, or some are counted twice.",
        look=TOGETHER,
    )


# What the steps share


def limits():
    """The environment of a service with one limit; a busy machine is no broken Redis."""
    return {"RATE_LIMIT": str(MOST), "RATE_SECONDS": str(far_window()), "LOGIN_LIMIT": "0", "REDIS_SECONDS": "60"}


def same(service, caller):
    """The same account, asking another process."""
    return type(caller)(service, caller.username, caller.password, caller.token)


def at_once(redis, callers):
    """Return how many are served when these ask at the same moment, all before Redis has answered anybody."""
    redis.hold()
    requests = [caller.start("GET", BOOKMARKS) for caller in callers]
    redis.wait_for_held(len(callers), 3)  # with a lock they come one by one, and this is in vain
    redis.release()
    answers = [each.answer() for each in requests]
    for each in answers:
        each.expect(200, 429, about=f"One of {len(callers)} requests at once:", look=TOGETHER)
    return sum(each.status == 200 for each in answers)
