"""Lesson 11: what is kept is never older than what was changed, and nobody else's."""

import json
import random

from workshop.testbed import because

CHECK = "/api/bookmarks/check/"
BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
WRITES = ("SET", "SETEX", "PSETEX", "SETNX", "MSET", "HSET", "HMSET", "JSON.SET", "EVAL", "EVALSHA", "EXPIRE")
OUTDATED = "`version` and `outdate` in shelf/cache.py, shelf/tags/lists.py, and 'A list that counts' in the lesson."
MOMENT = "`get_session` in shelf/dependencies.py, and 'Not before the commit' in the lesson."
LATE = "`version` in shelf/cache.py, shelf/tags/lists.py, and 'The slow one' in the lesson."
OWN = "shelf/tags/lists.py, and 'Whose it is' in the lesson."
BROKEN = "what comes out of the cache is not what went in. The service's log says which line failed."


def test_a_change_shows_at_once(start_shelf):
    """A change of tags or bookmarks shows in the next list of tags, in every process."""
    here, there = two(start_shelf)
    expected = {}
    first, second = word(), word()
    numbers = {}
    for what, change, counts in changes(here, numbers, first, second):
        warm(here, there, expected, f"Before this change: {what}.")
        change()
        expected = counts
        for caller, which in ((here, "the process that was asked"), (there, "another process")):
            seen = counted(caller)
            assert seen == expected, because(
                saw=f"{what[0].upper()}{what[1:]}; the tags had been listed before. Then {which} lists"
                f" {json.dumps(seen)}",
                expected=f"{json.dumps(expected)} (tag: bookmarks). When the answer to a change has come, it shows.",
                cause="the list that was kept before still counts."
                if which.startswith("the")
                else "the process that was asked has forgotten its list in memory; what is in Redis, or in the memory"
                " of the other one, still counts.",
                look=OUTDATED,
            )


def test_only_what_is_committed_shows(start_shelf, redis, waiter):
    """A change that was rolled back never shows; one that is not yet committed shows when it is."""
    here, there = two(start_shelf)
    kept = word()
    here.post(BOOKMARKS, json={"url": url(), "tag_names": [kept]}).expect(201)
    warm(here, there, {kept: 1}, "A bookmark was saved.")

    here.service.fail_commits(1)
    failed = here.post(BOOKMARKS, json={"url": url(), "tag_names": [word(), kept]})
    failed.expect(500, about="The COMMIT of a change failed:")
    for caller in (here, there):
        seen = counted(caller)
        assert seen == {kept: 1}, because(
            saw=f"A change was rolled back, and the tags are {json.dumps(seen)}",
            expected=json.dumps({kept: 1}),
            cause="what the change would have made was kept before its COMMIT.",
            look=MOMENT,
        )

    new = word()
    held = here.service.hold_commits()
    saving = here.start("POST", BOOKMARKS, json={"url": url(), "tag_names": [new]})
    assert held.wait_for(1), because(
        saw="A bookmark was to be saved, and no COMMIT came.",
        expected="a COMMIT before the answer.",
        cause="the change is not committed where the lesson's states commit it.",
        look=MOMENT,
    )
    early = counted(there)
    held.release()
    saving.answer().expect(201)
    assert early == {kept: 1}, because(
        saw=f"A change was waiting for its COMMIT, and somebody listed {json.dumps(early)}",
        expected=f"{json.dumps({kept: 1})}: nothing has happened yet.",
        cause="the new list is kept before the COMMIT.",
        look=MOMENT,
    )
    for caller in (here, there):
        seen = counted(caller)
        assert seen == {kept: 1, new: 1}, because(
            saw="While a change waited for its COMMIT, somebody listed the tags. The change was committed and answered,"
            f" and then the list is {json.dumps(seen)}",
            expected=json.dumps({kept: 1, new: 1}),
            cause="the list is outdated before the COMMIT. Whoever asks in between makes a new one, of the old rows.",
            look=MOMENT,
        )
    late_fillings(here, there, redis, waiter, {kept: 1, new: 1})


def test_users_never_see_each_others(shelf, web):
    """Nobody sees what is another's, whoever asked first."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    hers, his, page = word(), word(), web.page(word())
    bookmark = ann.post(BOOKMARKS, json={"url": page.url, "tag_names": [hers]}).expect(201)
    ben.post(BOOKMARKS, json={"url": url(), "tag_names": [his]}).expect(201)
    for _ in range(2):
        for caller, own in ((ann, hers), (ben, his)):
            seen = counted(caller)
            assert seen == {own: 1}, because(
                saw=f"Somebody whose only tag is {own} lists tags, after somebody else did: {json.dumps(seen)}",
                expected=json.dumps({own: 1}),
                cause="what is kept of one is found by the other: the key does not say whose it is.",
                look=OWN,
            )
        for caller, number in ((ann, bookmark["id"]), (ben, None)):
            answer = checked(caller, page.url)
            found = answer["bookmark"] and answer["bookmark", "id"]
            assert found == number, because(
                saw=f"One of two has saved a URL, and both check it. {'Hers' if number else 'The other'}: {answer}",
                expected="her bookmark for her, null for the other.",
                cause="the whole answer is kept by URL. What the page says is for all; whose bookmark it is, is not.",
                look="shelf/kept_pages.py, and 'Whose it is' in the lesson.",
            )
    assert page.visits == 1, because(
        saw=f"Two users checked one page, and it was visited {page.visits} times.",
        expected="one visit: what a page says is for all.",
        cause="what pages say is kept for each user, or not at all.",
        look="shelf/kept_pages.py, and 'What is kept' in the lesson.",
    )
    for path in (TAGS, f"{CHECK}?url={page.url}"):
        shelf.get(path).expect(401, about="Nobody signed in, and the answer is kept:", look=OWN)


# What the steps share


def word():
    return f"w{random.randrange(16**8):08x}"


def url():
    return f"https://{word()}.example/"


def two(start_shelf):
    """One account, asking each of two processes."""
    shelf, other = start_shelf(must_run=False), start_shelf(must_run=False)
    here = shelf.sign_up()
    return here, type(here)(other.must_run(), here.username, here.password, here.token)


def counted(caller):
    """The tags, with the number of bookmarks of each."""
    answer = caller.get(TAGS).expect(200, about="The list of tags:", cause=BROKEN)
    return {answer["results", n, "name"]: answer["results", n, "bookmark_count"] for n in range(len(answer["results"]))}


def checked(caller, url):
    return caller.get(CHECK, params={"url": url}).expect(200, about="A check:", cause=BROKEN)


def warm(here, there, expected, about):
    """List the tags in both processes, twice; fail the step unless they are these, and come from Redis in the end."""
    for _ in range(2):
        for caller in (here, there):
            seen = counted(caller)
            assert seen == expected, because(
                saw=f"{about} The tags are {json.dumps(seen)}",
                expected=f"{json.dumps(expected)} (tag: bookmarks, archived ones too).",
                cause="the counts are wrong, or of another moment.",
                look=OUTDATED,
            )
    reads = [each for each in here.get(TAGS).expect(200).statements if "bookmark_tags" in each]
    assert not reads, because(
        saw=f"{about} The tags were listed five times, and the fifth list still took this: {reads[0]}",
        expected="no statement about tags: the list comes from Redis.",
        cause="nothing is kept, or it is outdated all the time.",
        look=OUTDATED,
    )


def changes(here, numbers, first, second):
    """Each way to change tags, or what they count: what it is, how to do it, and the counts after it."""
    one, two = url(), url()
    third, fourth = word(), word()

    def save(name, url, *tags):
        numbers[name] = here.post(BOOKMARKS, json={"url": url, "tag_names": tags}).expect(201)["id"]

    def of(name):
        return f"{BOOKMARKS}{numbers[name]}/"

    def bring():
        link = f'<DT><A HREF="{url()}" TAGS="{fourth},{first}">A page</A>'
        text = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{link}\n</DL><p>\n"
        here.post(f"{BOOKMARKS}import/", files={"file": ("b.html", text, "text/html")}).expect(200)

    yield "a tag is added", lambda: here.post(TAGS, json={"name": first}).expect(201), {first: 0}
    yield "a bookmark with it is saved", lambda: save("one", one, first), {first: 1}
    both = {first: 2, second: 1}
    yield "a second one is saved, with a new tag", lambda: save("two", two, first, second), both
    patched = {"tag_names": [second]}
    yield (
        "a bookmark's tags are changed",
        lambda: here.patch(of("one"), json=patched).expect(200),
        {first: 1, second: 2},
    )
    put = {"url": one, "tag_names": [third]}
    after = {first: 1, second: 1, third: 1}
    yield "a bookmark is replaced", lambda: here.put(of("one"), json=put).expect(200), after
    again = {first: 0, second: 0, third: 2}
    yield "a URL that is there is saved with other tags", lambda: save("two", two, third), again
    yield "a file is imported", bring, {first: 1, second: 0, third: 2, fourth: 1}
    gone = {first: 1, second: 0, third: 1, fourth: 1}
    yield "a bookmark is deleted", lambda: here.delete(of("one")).expect(204), gone


def late_fillings(here, there, redis, waiter, expected):
    """Fail the step if a list that was read before a change is kept, and counts, after it."""
    for _ in range(5):
        new = word()
        here.post(TAGS, json={"name": (other := word())}).expect(201)  # so that the next list is read from the rows
        expected = expected | {other: 0}
        redis.hold(*WRITES)
        listing = there.start("GET", TAGS)
        if not waiter.until(lambda listing=listing: redis.held >= 1 or listing.done, 5):
            break
        adding = here.start("POST", TAGS, json={"name": new})
        waiter.until(lambda adding=adding: adding.done or redis.held != 1, 5)
        was_there = redis.held >= 1
        redis.release()
        adding.answer().expect(201)
        listing.answer().expect(200)
        expected = expected | {new: 0}
        for caller in (here, there):
            seen = counted(caller)
            assert seen == expected, because(
                saw="One caller lists tags: the rows are read, and what they say is on its way to Redis. Meanwhile a"
                f" tag is added, and that is answered. Then the list, without the new tag, is kept. The next one: "
                f"{json.dumps(seen)}",
                expected=json.dumps(expected),
                cause="deleting what is kept does not reach what is kept a moment later. The slow one's list must be"
                " recognised as made before the change.",
                look=LATE,
            )
        if was_there:
            break
