"""Lesson 14: what saves, pages and imports do with the connections that they have."""

import json
import random
from contextlib import closing
from html import escape

from workshop.testbed import because
from workshop.testbed.web import Web

BOOKMARKS = "/api/bookmarks/"
CHECK = "/api/bookmarks/check/"
IMPORT = "/api/bookmarks/import/"
REFRESH = "/api/bookmarks/refresh/"
KEYS = "/api/tokens/"
SOON = 5.0
"""Seconds for what takes a moment. Only a failing step waits so long."""
FEW = {"POOL_SIZE": "2", "MAX_OVERFLOW": "0", "POOL_TIMEOUT": "60", "PAGE_SECONDS": "60"}
BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
SAVES = "`save` in shelf/bookmarks/repository.py, and 'Two at a time' in the lesson."
PAGES = "shelf/accounts/dependencies.py, and 'Not while you wait' in the lesson."
HOSTS = "`open_session` in shelf/pages.py, and 'Not while you wait' in the lesson."
COPY = "shelf/transfer/copying.py, and 'Fifty thousand rows' in the lesson."


def test_two_saves_of_a_url_do_not_mix(start_shelf, database, waiter):
    """Two who save the same URL at the same moment do not mix: one of them is kept, whole."""
    shelf = start_shelf()
    caller = shelf.sign_up()
    old = bookmark() | {"title": "old", "description": "old", "notes": "old", "tag_names": ["old"]}
    caller.post(BOOKMARKS, json=old).expect(201)
    first = old | {"title": "first", "tag_names": ["first", "old"]}
    second = old | {"description": "second", "notes": "second", "tag_names": ["old", "second"]}
    held = shelf.hold_statement("UPDATE bookmarks")
    saving = [caller.start("POST", BOOKMARKS, json=first)]
    waiter.until(lambda: held.waiting > 0 or saving[0].done)
    saving += [caller.start("POST", BOOKMARKS, json=second)]
    waiter.until(lambda: saving[1].done or bool(database.rows(BLOCKED)), SOON)
    held.release()
    for pending in saving:
        pending.answer().expect(201, about="Two save the same URL:", cause=CLASH, look=SAVES)
    kept = caller.get(CHECK, params={"url": old["url"]}).expect(200)["bookmark"]
    found = {name: kept[name] for name in old}
    assert found in (first, second), because(
        saw="A bookmark is there; two save its URL at the same moment, one with another title, one with other texts.\n"
        f"Kept is a mixture: {said(found)}",
        expected=f"{said(first)}\nor {said(second)}",
        cause="both have read the row before either changed it, and each writes what differs from what it has read. On "
        "SQLite that could not happen: there was one writer at a time.",
        look=SAVES,
    )
    fresh = bookmark()
    saving = [caller.start("POST", BOOKMARKS, json=fresh | {"tag_names": [f"t{n}", "t"]}) for n in range(6)]
    for pending in saving:
        pending.answer().expect(201, about="Six save the same new URL, with new tags:", cause=CLASH, look=SAVES)
    count = caller.get(BOOKMARKS).expect(200)["count"]
    assert count == 2, because(
        saw=f"Two URLs were saved, and the list counts {count}.",
        expected="2.",
        cause="a URL that was saved several times at the same moment is there several times, or not at all.",
        look=SAVES,
    )


def test_slow_pages_hold_up_nobody_else(start_shelf, web, waiter):
    """Whoever waits for a page keeps no connection to the database; and one host gets PAGES_PER_HOST of them."""
    shelf = start_shelf(env=FEW | {"PAGES_PER_HOST": "3"})
    caller = shelf.sign_up()
    by_key = {"Authorization": f"Token {caller.post(KEYS, json={'name': 'a program'}).expect(201)['key']}"}
    pages = [web.page(f"Slow {number}") for number in range(7)]
    gate = pages[0].hold().gate
    for page in pages:
        page.hold(gate)
    own = caller.post(BOOKMARKS, json={"url": pages[0].url, "title": "Slow", "description": "Slow"}).expect(201)["id"]
    asking = {
        "a refresh": [caller.start("POST", REFRESH, json={"ids": [own]})],
        "checks with a token": [caller.start("GET", CHECK, params={"url": page.url}) for page in pages[1:4]],
        "checks with a key": [
            shelf.start("GET", CHECK, params={"url": page.url}, headers=by_key) for page in pages[4:]
        ],
    }
    came = web.gathers(3, SOON)
    gone = waiter.until(lambda: shelf.connections_out() == 0, SOON)
    out = shelf.connections_out()
    with closing(Web(waiter)) as elsewhere:
        other = elsewhere.page("Quick")
        quick = None
        if gone:
            caller.get(BOOKMARKS).expect(200, about="Seven wait for slow pages.", cause=KEEPS, look=PAGES)
            quick = caller.start("GET", CHECK, params={"url": other.url}).answer()
        most = web.most_inside
        gate.release()
    assert gone, because(
        saw=f"A refresh and six checks, by token and by key, wait for slow pages; {out} connections are out.",
        expected="none: a page may take ten seconds, and a few slow ones would stop everybody.",
        cause=KEEPS,
        look=PAGES,
    )
    assert came, because(
        saw=f"Seven wait for pages of one host, PAGES_PER_HOST is 3, and {web.most_inside} of them are asked for.",
        expected="three at the same time.",
        cause="pages are fetched one by one, or the setting is taken for another.",
        look=HOSTS,
    )
    assert quick.answered and quick["metadata", "title"] == "Quick", because(  # noqa: PT018
        saw=f"Seven wait for slow pages of one host. Another host is quick: {quick}",
        expected="its title.",
        cause="the limit is one for all hosts together.",
        look=HOSTS,
    )
    for what, pending in asking.items():
        for each in pending:
            each.answer().expect(200, about=f"Of {what}:", look=HOSTS)
    assert max(most, web.most_inside) <= 3, because(
        saw=f"PAGES_PER_HOST is 3, and one host was asked for {web.most_inside} pages at the same time.",
        expected="3 at most: a small site is not to be flooded by the users of Shelf.",
        cause="the setting does not reach the pool of connections to pages, or there is more than one such pool.",
        look=HOSTS,
    )


def test_an_import_is_one_copy(start_shelf, database, waiter):
    """An import is one COPY in the request's own transaction: few statements, all or nothing, and in nobody's way."""
    shelf = start_shelf(env=FEW)
    caller = shelf.sign_up()
    there = caller.post(BOOKMARKS, json=bookmark() | {"title": "there", "tag_names": ["There"]}).expect(201)
    send(caller, [link(), link(tags=["There"])]).expect(200, about="A small import:", look=COPY)
    fill_the_pool(shelf, caller)
    costs = []
    for number in (50, 1500):
        links = [link(tags=[f"tag {n % 7}"]) for n in range(number - 3)]
        links += [link(there["url"], ["more"]), link(links[0][0].replace("example", "EXAMPLE"), ["Again"])]
        links += [link(links[1][0], ["there"])]
        database.wire.forget()
        answer = send(caller, links).expect(200, about=f"An import of {number} links:", look=COPY)
        costs.append(database.wire.executed)
        told(answer, {"created": number - 3, "updated": 3, "skipped": 0}, number)
        is_kept(caller, links, there)
        assert database.wire.most <= 2, because(
            saw=f"POOL_SIZE is 2, MAX_OVERFLOW is 0. During an import there were {database.wire.most} connections.",
            expected="two at most: the import is a request like any other.",
            cause="the import opens connections of its own, beside the pool.",
            look=COPY,
        )
    assert costs[1] <= costs[0] + 5, because(
        saw=f"An import of 50 links took {costs[0]} statements, one of 1,500 links {costs[1]}.",
        expected="the same number: the links go over in one COPY.",
        cause="links are sent one by one, or chunk by chunk.",
        look=COPY,
    )
    leaves_nothing(shelf, caller)
    in_nobodys_way(shelf, caller, database, waiter)


def fill_the_pool(shelf, caller):
    """Let the pool open all the connections that it may have."""
    held = shelf.hold_commits()
    saves = [caller.start("POST", BOOKMARKS, json=bookmark()) for _ in range(2)]
    held.wait_for(2)
    held.release()
    for save in saves:
        save.answer().expect(201)


# What an import leaves


def told(answer, expected, number):
    """Fail the step unless an import says that so much has happened."""
    found = {name: answer[name] for name in expected}
    assert found == expected, because(
        saw=f"Of {number} links one was there before, one is there twice, one once more with another host's case. The"
        f" import answered {json.dumps(found)}",
        expected=json.dumps(expected),
        cause="`created` counts bookmarks that are new, `updated` every other link, as before.",
        look=COPY,
    )


def is_kept(caller, links, there):
    """Fail the step unless some of the links are there as they came, and what was there is as it was."""
    wanted = {url: sorted(tags, key=str.casefold) for url, tags, _ in random.sample(links[2:-3], 5)}
    wanted |= {links[0][0]: sorted([*links[0][1], "Again"], key=str.casefold)}
    wanted |= {links[1][0]: sorted([*links[1][1], "There"], key=str.casefold), there["url"]: ["more", "There"]}
    for url, tags in wanted.items():
        kept = caller.get(CHECK, params={"url": url}).expect(200)["bookmark"]
        title = "there" if url == there["url"] else url[-12:]
        found = {name: kept[name] for name in ("url", "title", "tag_names")} if kept else None
        assert found == {"url": url, "title": title, "tag_names": tags}, because(
            saw=f"A link was imported, and is kept as {said(found)}",
            expected=said({"url": url, "title": title, "tag_names": tags}),
            cause="what was there, or further up in the file, does not stay, or does not get the tags of the link.",
            look=COPY,
        )


def leaves_nothing(shelf, caller):
    """Fail the step unless an import that fails, however, leaves nothing."""
    before = count(caller)
    broken = [link() for _ in range(300)]
    answer = send(caller, broken, tail="<DT><A HREF='https://example.com/cut").expect(
        422, about="A file that ends too early:", look=COPY
    )
    assert "line" in answer.text, because(
        saw=f"A file that ends too early: {answer}",
        expected="the line in which it is broken.",
        cause="the error about the file is lost on its way through COPY.",
        look=COPY,
    )
    left(count(caller) - before, "A file is broken in its last line.")
    shelf.fail_commits()
    answer = send(caller, [link() for _ in range(50)])
    assert shelf.commits_failed() == 1, because(
        saw=f"A file was broken, and the next import comes to no COMMIT: {answer}",
        expected="an import like any other.",
        cause="the import that has failed has left something behind: a table, a transaction, or a connection.",
        look=COPY,
    )
    answer.expect(500, 503, about="The COMMIT of an import fails:", look=COPY)
    left(count(caller) - before, "The COMMIT of an import fails.")


def left(number, about):
    assert number == 0, because(
        saw=f"{about} Of its links {number} are there.",
        expected="all of them or nothing.",
        cause="COPY ran outside of the session's transaction: on a connection of its own, or on the session's before "
        "anything has begun a transaction there.",
        look=COPY,
    )


def in_nobodys_way(shelf, caller, database, waiter):
    """Fail the step unless an import and a save of the same rows get along, whoever comes first."""
    for about, first, held_at in (
        ("A bookmark is saved while an import of its URL waits for its COMMIT.", start_import, ""),
        ("A URL is imported while a save of it waits for its COMMIT.", start_save, ""),
        ("A bookmark is saved in the middle of an import of its URL and its tags.", start_import, "INTO tags"),
    ):
        shared = bookmark()["url"], [f"new {random.randrange(16**8):08x}", "shared"]
        held = shelf.hold_statement(held_at) if held_at else shelf.hold_commits()
        begun = [first(caller, *shared)]
        waiter.until(lambda: held.waiting > 0 or begun[0].done)  # noqa: B023
        begun += [(start_save if first is start_import else start_import)(caller, *shared)]
        waiter.until(lambda: begun[1].done or held.waiting > 1 or bool(database.rows(BLOCKED)), SOON)  # noqa: B023
        held.release()
        for pending in begun:
            pending.answer().expect(200, 201, about=about, cause=MEETS, look=COPY)
        kept = caller.get(CHECK, params={"url": shared[0]}).expect(200)["bookmark", "title"]
        assert kept == "saved", because(
            saw=f"{about} Its title is {kept!r}.",
            expected="'saved': who saves replaces, and who imports leaves what is there.",
            cause="the import writes over what is there, or the save was lost.",
            look=COPY,
        )


def start_import(caller, url, tags):
    """Begin to import a link, and another one with the same tags."""
    return start(caller, [link(url, tags), link(tags=tags)])


def start_save(caller, url, tags):
    """Begin to save a bookmark."""
    return caller.start("POST", BOOKMARKS, json={"url": url, "title": "saved", "tag_names": tags})


# What the steps share

CLASH = "two requests add the same row, and the error about that gets through."
MEETS = (
    "both add the same rows. One meets a row that the other has just added; or each waits for a row of the other's, and"
    " PostgreSQL ends one."
)
KEEPS = (
    "a session that has read anything keeps its connection until it ends. Whoever reads the account in the session of "
    "the request holds a connection to the end of the route."
)


def said(values):
    """Values in one line."""
    return json.dumps(values, ensure_ascii=False)


def count(caller):
    """How many bookmarks somebody has."""
    return caller.get(BOOKMARKS, params={"limit": 1}).expect(200)["count"]


def bookmark():
    """A bookmark of a new URL."""
    return {"url": f"https://example.com/{random.randrange(16**12):012x}"}


def link(url="", tags=("one",)):
    """A link of a bookmark file: its URL, its tags, and its line."""
    url = url or bookmark()["url"]
    line = f'<DT><A HREF="{escape(url)}" ADD_DATE="1700000000" TAGS="{escape(",".join(tags))}">{url[-12:]}</A>\n'
    return url, list(tags), line


def start(caller, links, tail="</DL><p>\n"):
    """Begin to import a file."""
    head = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    content = (head + "".join(line for _, _, line in links) + tail).encode()
    return caller.start("POST", IMPORT, files={"file": ("bookmarks.html", content, "text/html")})


def send(caller, links, tail="</DL><p>\n"):
    """Import a file."""
    return start(caller, links, tail).answer(60)
