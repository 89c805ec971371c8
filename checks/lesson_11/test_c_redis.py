"""Lesson 11: how long things are kept, and what happens when Redis fails."""

import json
import random

from workshop.testbed import because
from workshop.testbed.upstash import NONSENSE, SPOILED

CHECK = "/api/bookmarks/check/"
BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
GUARD = 15.0
"""Seconds for what takes one at most."""
HOUR, MINUTE = 3600, 60
LIVES = "`put` in shelf/cache.py, shelf/kept_pages.py, and 'How long' in the lesson."
FAILS = "`_ask` in shelf/cache.py, and 'When Redis fails' in the lesson."
OWED = "`outdate` and `version` in shelf/cache.py, and 'When Redis fails' in the lesson."
BROKEN = "what comes out of the cache is not what went in. The service's log says which line failed."


def test_lifetimes_differ_and_failures_live_shorter(shelf, web, redis):
    """Lifetimes differ by chance, failures live shorter, and nothing is kept for ever."""
    caller = shelf.sign_up()
    good = [web.page(word()) for _ in range(30)]
    bad = [web.page("Missing", status=404), web.page("Picture", content_type="image/png")]
    caller.post(TAGS, json={"name": word()}).expect(201)
    caller.get(TAGS).expect(200)
    for page in good + bad:
        checked(caller, page.url)
    stays = [key for key, left in redis.lifetimes().items() if left is None]
    assert not stays, because(
        saw=f"Of what Shelf has put into Redis, this stays for ever: {', '.join(stays[:3])}",
        expected="a lifetime for everything: what nobody asks for any more goes by itself.",
        cause="a SET without `ex`, or one that takes the lifetime away.",
        look=LIVES,
    )
    again(caller, bad, 0, "at once", "it can be that nothing is kept of pages that cannot be read.")
    redis.pass_time(MINUTE)
    assert again(caller, bad, 1, "a minute later", "a failure is kept as long as a success.")
    again(caller, good, 0, "a minute later", "what good pages say is kept for a minute, too, or not at all.")
    redis.pass_time(0.87 * HOUR - MINUTE)
    again(caller, good, 0, "after 52 minutes", "what pages say is not kept for an hour.")
    renewed = max(left or 0 for left in redis.lifetimes().values()) > HOUR / 2
    redis.pass_time(0.08 * HOUR)
    visited = sum(page.visits > 1 for page in all_checked(caller, good))
    assert 0 < visited < len(good), because(
        saw=f"30 pages were checked within a moment. 57 minutes later {visited} of them were visited again.",
        expected="some, and not all: each is kept for an hour, or by chance up to a tenth less.",
        cause=why_together(visited, renewed),
        look=LIVES,
    )
    redis.pass_time(0.06 * HOUR)
    old = [page for page in good if page.visits == 1]
    left = [page for page in all_checked(caller, good) if page in old and page.visits == 1]
    assert not left, because(
        saw=f"More than an hour after they were first checked, {len(left)} pages have not been visited again.",
        expected="a visit an hour at least.",
        cause="the lifetime is longer, or begins anew each time that somebody asks.",
        look=LIVES,
    )


def test_without_redis_shelf_is_slower_and_never_wrong(start_shelf, web, redis, waiter):
    """Where Redis is down, slow or full of nonsense, Shelf is slower, but never wrong, and well again by itself."""
    shelf = start_shelf(must_run=False, env={"REDIS_SECONDS": "0.25"})
    alone = start_shelf(must_run=False, env={"UPSTASH_REDIS_REST_URL": "", "UPSTASH_REDIS_REST_TOKEN": ""})
    caller = shelf.sign_up()
    without = type(caller)(alone.must_run(), caller.username, caller.password, caller.token)
    tags = []
    is_kept(caller, web, waiter, "Redis is well.")
    for about, break_it in faults(redis):
        page = web.page(word())
        title = checked(caller, page.url)["metadata", "title"]
        right(caller, tags, f"Before {about}.")
        break_it()
        in_time(caller.start("GET", CHECK, params={"url": page.url}), about, title, FAILS)
        tags.append(word())
        added = caller.start("POST", TAGS, json={"name": tags[-1]}).answer(GUARD)
        answered(added, about).expect(201, about=f"{about}:", look=FAILS, cause=raises(about))
        right(caller, tags, about)
        redis.heal()
        right(
            caller, tags, f"{about}. Meanwhile a tag was added. Then Redis is well again.", look=OWED, cause=FORGOTTEN
        )
        is_kept(caller, web, waiter, f"{about}. Then Redis is well again.")
    page = web.page(word())
    before = redis.count()
    for _ in range(2):
        checked(without, page.url)
    right(without, tags, "No Redis is configured.")
    assert redis.count() == before, because(
        saw="The variables UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN are empty, and Shelf asks Redis.",
        expected="a Shelf without a cache.",
        cause="the address is taken from elsewhere than the settings.",
        look="`open_redis` in shelf/cache.py.",
    )


# What the steps share

RAISES = "an error of the client gets through. It has many, and not all are UpstashError: catch what may come."
MISFITS = "what Redis holds does not fit, and the error about that gets through. It is as if nothing were kept."
FORGOTTEN = (
    "Redis could not be told that the list is outdated, and nobody remembers that. The list from before the change is "
    "still there when Redis is back."
)


def word():
    return f"w{random.randrange(16**8):08x}"


def checked(caller, url):
    return caller.get(CHECK, params={"url": url}).expect(200, about="A check:", cause=BROKEN)


def raises(about):
    """What turns this fault of Redis into one of Shelf."""
    return MISFITS if about.startswith("Every") else RAISES


def why_together(visited, renewed):
    """What makes all pages end at the same time, or none."""
    if visited:
        return "all have the same lifetime, and it is too short for the last of them."
    if renewed:
        return (
            "the lifetime begins anew each time that somebody asks, so a page that is asked for is never visited again."
        )
    return "all have the same lifetime: what was asked together ends together, and is visited together."


def all_checked(caller, pages):
    """Check these pages, and return them."""
    for page in pages:
        checked(caller, page.url)
    return pages


def again(caller, pages, more, when, cause):
    """Check pages again; fail the step unless each was visited so many times more. Return True."""
    before = [page.visits for page in pages]
    came = [page.visits - old for page, old in zip(all_checked(caller, pages), before, strict=True)]
    kind = "cannot be read" if pages[0].status != 200 else "are fine"
    assert set(came) == {more}, because(
        saw=f"Pages that {kind} were checked again {when}, and {sum(map(bool, came))} of {len(pages)} were visited.",
        expected="all: that a page could not be read is kept for a minute at most."
        if more
        else f"none: what is known of pages that {kind} is kept for {'a minute' if 'not' in kind else 'an hour'},"
        " by chance up to a tenth less.",
        cause=cause,
        look=LIVES,
    )
    return True


def faults(redis):
    """Each way in which Redis fails: what it is, and how to bring it about."""
    yield "Redis refuses connections", redis.die
    yield "Redis answers 503", redis.fail
    yield "Redis never answers", redis.hang
    yield "Redis does what it is asked, and answers a minute late", lambda: redis.slow(60)
    for body in NONSENSE:
        yield f"Redis answers {body!r}", lambda body=body: redis.nonsense(body)
    for text in (SPOILED, "", "null", "[]", "{}", '"text"', "7", '{"url": 7, "count": []}'):
        yield f"Every value in Redis is {text!r}", lambda text=text: redis.spoil(text)
    yield "Every key in Redis holds a list", lambda: lists_instead(redis)


def lists_instead(redis):
    """Put a list where a text was."""
    for key in list(redis.lifetimes()):
        redis.run("DEL", key)
        redis.run("RPUSH", key, "nonsense")


def answered(answer, about):
    """Return an answer; fail the step if there is none."""
    assert answer.answered, because(
        saw=f"{about}, and {answer.method} {answer.path} gets no answer within {GUARD:g} seconds.",
        expected="an answer, which may come a little later: a cache is there to save time.",
        cause="nobody looks at the clock: by itself the client waits for ever, and tries again after three seconds.",
        look=FAILS,
    )
    return answer


def in_time(pending, about, title, look):
    """Fail the step unless a check says this title."""
    answer = answered(pending.answer(GUARD), about).expect(200, about=f"{about}:", cause=raises(about), look=look)
    assert answer["metadata", "title"] == title, because(
        saw=f"{about}. A page says {json.dumps(title)}, and {answer}",
        expected="what the page says: where the cache does not help, it is visited.",
        cause="what comes from Redis is believed without a look at it. A schema tells what can be used.",
        look="`get` in shelf/cache.py, and 'In as text, out as what it was' in the lesson.",
    )


def right(caller, tags, about, look=FAILS, cause="a list that Redis gave, or that was kept before, is believed."):
    """Fail the step unless these tags are listed."""
    answer = answered(caller.start("GET", TAGS).answer(GUARD), about)
    answer.expect(200, about=f"{about.rstrip('.')}:", cause=raises(about), look=look)
    found = sorted(each["name"] for each in answer["results"])
    assert found == sorted(tags), because(
        saw=f"{about} Then the tags are {json.dumps(found)}",
        expected=f"{json.dumps(sorted(tags))}",
        cause=cause,
        look=look,
    )


def is_kept(caller, web, waiter, about):
    """Fail the step unless Shelf soon uses Redis, as before."""

    def works():
        page = web.page(word())
        for _ in range(2):
            checked(caller, page.url)
        return page.visits == 1

    assert waiter.until(works, GUARD), because(
        saw=f"{about} Pages are checked twice, and {GUARD:g} seconds later they are still visited twice.",
        expected="one visit: it needs nobody to start Shelf again.",
        cause="nothing is kept; or after a failure the cache is given up, or the client is broken for good.",
        look=FAILS,
    )
