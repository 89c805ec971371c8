"""Lesson 11: what is asked again is not worked out again."""

import json
import random
import secrets
from datetime import UTC, datetime

from workshop.testbed import because

CHECK = "/api/bookmarks/check/"
BOOKMARKS = "/api/bookmarks/"
REFRESH = "/api/bookmarks/refresh/"
TAGS = "/api/tags/"
PAGES = "shelf/kept_pages.py and shelf/cache.py, and 'What is kept' in the lesson."
ROUND_TRIP = "`get` and `put` in shelf/cache.py, and 'In as text, out as what it was' in the lesson."
TOGETHER = "`shared` in shelf/cache.py, and 'Fifty at once' in the lesson."
LISTS = "shelf/tags/lists.py, and 'What is kept' in the lesson."


def test_the_second_check_visits_no_page(start_shelf, web, database):
    """The second check visits no page, the second list of tags reads no tags: in another process, too."""
    shelf, other = start_shelf(must_run=False), start_shelf(must_run=False)
    here = shelf.sign_up()
    there = same(other.must_run(), here)
    title = word()
    page = web.page(title)
    for number, (caller, which) in enumerate([(here, "one process"), (here, "the same process"), (there, "another")]):
        found = check(caller, page.url, f"Check {number + 1} of a page, asked of {which}:")
        assert found["metadata", "title"] == title, not_that(found, title)
        assert page.visits == 1, because(
            saw=f"A page was checked {number + 1} times, the last time in {which}, and visited {page.visits} times.",
            expected="one visit: what the page said is kept in Redis, where every process finds it.",
            cause=why_visited(number),
            look=PAGES,
        )

    name, unseen = word(), word()
    here.post(TAGS, json={"name": name}).expect(201)
    listed(here)
    change_unseen(database, name, unseen)
    for caller, which in ((here, "the same process"), (there, "another process")):
        names = [each["name"] for each in listed(caller)["results"]]
        assert names == [name], because(
            saw=f"The tags were listed. Then a name was changed in the database, behind Shelf's back, and {which} lists"
            f" {names}.",
            expected=f"['{name}'], as before: a list that nobody has changed through Shelf comes from Redis.",
            cause="the list is not kept, or not where the other process finds it.",
            look=LISTS,
        )
    a_refresh_visits(here, there, web, page)


def test_a_hit_equals_a_miss_byte_for_byte(shelf, web, database):
    """A hit equals a miss byte for byte, whatever a page says, however a URL is spelled, whichever tags are asked."""
    caller = shelf.sign_up()
    for kind, url, page in spellings(web) + odd_pages(web):
        miss = check(caller, url, f"The first check of {kind}:")
        before = page.visits
        hit = check(caller, url, f"The second check of {kind}:")
        assert miss["metadata", "url"] == url, because(
            saw=f"A check of {kind}: {miss}",
            expected=f"the URL that was asked about, {json.dumps(url)}.",
            cause="URLs that differ share what is kept, and with it the URL of whoever came first.",
            look=PAGES,
        )
        same_bytes(miss, hit, f"{kind[0].upper()}{kind[1:]} was checked twice.", ROUND_TRIP)
        assert page.visits == before, because(
            saw=f"{kind[0].upper()}{kind[1:]} was checked twice, and visited by the second check, too.",
            expected="one visit: that a page has no title, or cannot be read, is worth remembering, too.",
            cause="what is kept is taken for nothing (`if kept:`, or a look at the title). `is not None` tells.",
            look=PAGES,
        )
    same_lists(caller, database)


def test_fifty_callers_on_a_cold_key_are_one_visit(shelf, web, waiter):
    """Fifty who check a page at the same time cause one visit; others do not wait for them."""
    caller = shelf.sign_up()
    title = word()
    page = web.page(title).hold()
    broken = web.page("Missing", status=404).hold()
    for held, expected in ((page, title), (broken, None)):
        checks = [caller.start("GET", CHECK, params={"url": held.url}) for _ in range(50)]
        held.wait_for_visitors(1)
        for _ in range(3):  # each goes the way that the fifty went, so these are where they will wait
            probe = caller.start("GET", CHECK, params={"url": web.page("Another").url}).answer(10)
            assert probe.answered or shelf.gone, because(
                saw=f"While fifty wait for a page, a check of another page gets no answer.{shelf.standstill}",
                expected="an answer: only those who ask for the same page wait together.",
                cause="one lock for all pages.",
                look=TOGETHER,
            )
            probe.expect(200)
        waiter.until(lambda held=held: held.visits == 50, 0.2)  # those who visit on their own may need a moment
        held.release()
        for each in checks:
            answer = each.answer().expect(200, about="One of fifty checks at once:", look=TOGETHER)
            assert answer["metadata", "title"] == expected, not_that(answer, expected)
        assert held.visits == 1, because(
            saw=f"Fifty checks of one page, which nobody had checked before, at the same moment: {held.visits} visits,"
            f" {held.most_inside} of them at the same time.",
            expected="one: the first visits the page, the others wait for what it finds.",
            cause="nobody waits: each finds nothing kept, and sets out."
            if held.most_inside > 1
            else "they wait for one another, and then each visits. Whoever has waited must look again.",
            look=TOGETHER,
        )


# What the steps share


def word():
    return f"w{random.randrange(16**8):08x}"


def same(service, caller):
    """The same account, asking another process."""
    return type(caller)(service, caller.username, caller.password, caller.token)


def check(caller, url, about):
    """Check a URL; the step fails in the lesson's words unless that works."""
    return caller.get(CHECK, params={"url": url}).expect(200, about=about, cause=NOT_WHAT_IT_WAS, look=ROUND_TRIP)


def listed(caller, about="The list of tags:", **params):
    """List the tags; the step fails in the lesson's words unless that works."""
    return caller.get(TAGS, params=params).expect(200, about=about, cause=NOT_WHAT_IT_WAS, look=ROUND_TRIP)


NOT_WHAT_IT_WAS = (
    "what comes out of the cache is not what went in: the client turns a dict into JSON on the way in, and gives back "
    "the text. The service's log says which line failed."
)


def change_unseen(database, name, unseen):
    """Give a tag another name behind the service's back."""
    database.execute("UPDATE tags SET name = ?, name_key = ? WHERE name = ?", unseen, unseen, name)


def why_visited(number):
    if number == 1:
        return "nothing is kept, or it is not found again: it lies under another key, or what comes back is not used."
    return "what was read is kept in the memory of a process, and each process has its own."


def not_that(answer, title):
    """Fail the step: this is not what the page says."""
    because(
        saw=f"The page says {json.dumps(title)}, and {answer}",
        expected="what the page says.",
        cause="what is kept belongs to another page, or not all of it is kept.",
        look=PAGES,
    )


def a_refresh_visits(here, there, web, page):
    """Fail the step unless a refresh visits the page, and checks know what it has read."""
    bookmark = here.post(BOOKMARKS, json={"url": page.url}).expect(201)
    title = word()
    changed = web.page(title, path=page.url.removeprefix(web.origin))
    here.post(REFRESH, json={"ids": [bookmark["id"]]}).expect(200)
    assert changed.visits == 1, because(
        saw=f"A page that had been checked was refreshed, and was visited {changed.visits} times.",
        expected="one visit: whoever refreshes wants to know what the page says now.",
        cause="the refresh reads from the cache.",
        look=PAGES,
    )
    found = check(there, page.url, "A check after a refresh:")
    fine = (found["metadata", "title"], changed.visits) == (title, 1)
    assert fine, because(
        saw=f"A page says {json.dumps(title)} now, and was refreshed. Then {found}, after {changed.visits} visits.",
        expected="the new title, and no other visit: what a refresh has read is kept.",
        cause="the refresh leaves the cache as it was.",
        look=PAGES,
    )


def spellings(web):
    """Spellings of one page's URL, each as (what, URL, page)."""
    page = web.page("Spelled")
    urls = {
        "a page": page.url,
        "a page whose URL begins with HTTP": page.url.replace("http", "HTTP"),
        "a page with a fragment": f"{page.url}#{word()}",
        "a page with a query": f"{page.url}?ü={word()}&b=%20",
        "a page with another query": f"{page.url}?ü={word()}&b=%20",
    }
    return [(kind, url, page) for kind, url in urls.items()]


def odd_pages(web):
    """Pages that say odd things, each as (what, URL, page)."""
    pages = {
        "a page whose title is in many alphabets": web.page(
            f'"Ünï\\code" \U0001f4da 書 {word()}', description="é\\n{}"
        ),
        "a page whose title looks like JSON": web.page('{"title": null}', description="[]"),
        "a page whose title is null": web.page("null", description="0", image="a.png"),
        "a page whose title is OK": web.page("OK", description="None"),
        "a page without a title": web.page(),
        "a page with a long title": web.page(secrets.token_urlsafe(600), description=secrets.token_urlsafe(2000)),
        "a page that is missing": web.page("Missing", status=404),
        "a page that is a picture": web.page(body=b"\x89PNG\xff", content_type="image/png"),
    }
    return [(kind, page.url, page) for kind, page in pages.items()]


def same_bytes(miss, hit, about, look):
    """Fail the step unless two answers are the same."""
    fine = miss.body == hit.body and miss.headers["content-type"] == hit.headers["content-type"]
    assert fine, because(
        saw=f"{about} First: {miss}\nThen: {hit}",
        expected="the same answer, byte for byte: nobody can tell where it comes from.",
        cause="what comes out of the cache is not what went in: a part is lost, or has another type or order.",
        look=look,
    )


def same_lists(caller, database):
    """Fail the step unless each part of the list of tags is the same when it is asked for again."""
    owner = caller.get("/api/accounts/me/").expect(200)["id"]
    empty = listed(caller)
    row = (owner, word(), word(), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}")
    database.execute("INSERT INTO tags (owner_id, name, name_key, date_added) VALUES (?, ?, ?, ?)", *row)
    again = listed(caller)
    assert again.body == empty.body, because(
        saw=f"There was no tag: {empty}\nOne was added in the database, behind Shelf's back: {again}",
        expected="the empty list, from Redis: that there is nothing is worth remembering, too.",
        cause="an empty list is taken for nothing kept (`if kept:`).",
        look=ROUND_TRIP,
    )
    database.execute("DELETE FROM tags WHERE owner_id = ?", owner)
    names = sorted(["0", "null", '"quoted"', "Ünï\\code", word(), word()], key=str.casefold)
    caller.post(BOOKMARKS, json={"url": f"https://{word()}.example/", "tag_names": names}).expect(201)
    for limit, offset in ((100, 0), (2, 0), (2, 1), (1, 2), (3, 100)):
        answers = [listed(caller, limit=limit, offset=offset) for _ in range(2)]
        about = f"The tags were listed twice with limit={limit} and offset={offset}."
        found = [[each["name"] for each in answer["results"]] for answer in answers]
        assert found == [names[offset : offset + limit]] * 2, because(
            saw=f"{about} There are {names}, and {found[0]} came, then {found[1]}",
            expected=f"{names[offset : offset + limit]}, twice.",
            cause="parts of the list share one key, whatever was asked for.",
            look=LISTS,
        )
        same_bytes(*answers, about, ROUND_TRIP)
    own_host(caller)


def own_host(caller):
    """Fail the step unless `next` begins with the host that a caller has asked, also on a hit."""
    for host in ("one.example", "two.example:8443"):
        said = caller.get(TAGS, params={"limit": 1}, headers={"Host": host}).expect(200)["next"]
        assert str(said).startswith(f"http://{host}/"), because(
            saw=f"Somebody asked http://{host}{TAGS}?limit=1, and `next` is {json.dumps(said)}",
            expected=f"a URL of http://{host}/: where the caller is.",
            cause="the whole answer is kept, and so the first caller's host is told to all. Keep the tags alone.",
            look=LISTS,
        )
