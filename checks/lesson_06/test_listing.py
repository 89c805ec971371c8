"""Lesson 06: what it costs to show bookmarks and tags, and in which order they come."""

import random
import re
from collections import Counter

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
COST = "shelf/bookmarks/repository.py, and 'One statement for all of them' in the lesson."
PAGES = "`page` in shelf/bookmarks/repository.py, and 'Pages' in the lesson."
CUTS = re.compile(r"\b(LIMIT|FETCH|ROW_NUMBER)\b")
"""What a statement says that asks for a part of what it finds."""


def test_forty_bookmarks_cost_what_four_cost(shelf, web):
    """Forty bookmarks with seven tags cost as many statements as four with one, on every route that shows tags."""
    few = costs(shelf, web, bookmarks=4, tags=1)
    many = costs(shelf, web, bookmarks=40, tags=7)
    for route, answer in many.items():
        before, after = few[route].statements, answer.statements
        assert len(after) <= len(before), because(
            saw=f"{route} took {counted(before)} with 4 bookmarks that have a tag each, and {counted(after)} with 40"
            f" that have 7 tags each. {most_frequent(after)}",
            expected="as many as before: more rows, but no more statements.",
            cause=why_it_grows(route, after),
            look=COST,
        )


def test_nothing_loads_lazily(shelf, web):
    """Nothing loads lazily, whichever route is asked."""
    for route, ask in (routes(shelf, web, [word(), word()]) | other_routes(shelf, web)).items():
        answer = ask()
        loads = Counter(shelf.lazy_loads())
        assert not loads, because(
            saw=f"{route} loaded {', '.join(loads)} lazily, or tried to ({answer.status}).",
            expected="what an answer shows is asked for in the query that finds it.",
            cause="`awaitable_attrs`, or an attribute that is read without having been loaded: each bookmark asks for"
            " itself. It is not seen on one, and it is a statement more for each of a hundred.",
            look=COST,
        )
        answer.expect(200, 201, 204)


def test_pages_meet_without_gap_or_overlap(shelf, database):
    """Pages meet without gap or overlap: newest first, and of those with one date the greater id first."""
    mark = word()
    ids = [save(shelf, title=f"{mark} & co", tag_names=[mark, word(), word()])["id"] for _ in range(8)]
    save(shelf, title=f"{mark} & co", tag_names=[mark], is_archived=True)
    save(shelf, title=word())
    older = sorted(random.sample(ids, 4))
    newer = [each for each in ids if each not in older]
    [(early,), (late,)] = database.rows("SELECT date_added FROM bookmarks ORDER BY id LIMIT 2")
    give_one_date(database, older, early)
    give_one_date(database, newer, late)

    first = shelf.get(BOOKMARKS, params={"q": f"{mark} & #{mark}", "limit": 3}).expect(200)
    pages = [first, *along(shelf, first)]
    found = [one["id"] for page in pages for one in page["results"]]
    assert set(found) == set(ids), because(
        saw=f"A search that finds eight of ten bookmarks, three a page: along `next` came the ids {found}",
        expected=f"each of these once: {ids}",
        cause=why_not_those(found, ids),
        look=PAGES,
    )
    assert found == newer[::-1] + older[::-1], because(
        saw=f"The bookmarks {older} have one date, {newer} have a later one. They came as {found}",
        expected=f"{newer[::-1] + older[::-1]}: newest first and, where dates are equal, the greater id first.",
        cause=why_another_order(found, newer + older),
        look=PAGES,
    )
    says_where_it_is(shelf, pages, len(ids))
    assert any(CUTS.search(statement.upper()) for statement in first.statements), because(
        saw=f"Three bookmarks of eight were asked for, and no statement asks for a part: {'; '.join(first.statements)}",
        expected="`LIMIT` in the statement that finds them: the database sends three rows.",
        cause="everything is fetched, and the page is cut out of it afterwards.",
        look=PAGES,
    )


# What the steps share


def word():
    return f"w{random.randrange(16**8):08x}"


def save(shelf, **values):
    """Save a bookmark, of a new URL if none is given."""
    return shelf.post(BOOKMARKS, json={"url": f"https://example.com/{word()}"} | values).expect(201)


def routes(shelf, web, tags):
    """By name, a way to ask each route that shows tags; a bookmark with these tags is made for it."""
    url = web.page("A page").url
    path = f"{BOOKMARKS}{shelf.post(BOOKMARKS, json={'url': url, 'tag_names': tags}).expect(201)['id']}/"

    def others():
        return {"tag_names": [word() for _ in tags]}

    return {
        f"GET {BOOKMARKS}": lambda: shelf.get(BOOKMARKS),
        f"GET {BOOKMARKS}archived/": lambda: shelf.get(f"{BOOKMARKS}archived/"),
        f"GET {TAGS}": lambda: shelf.get(TAGS, params={"limit": 1000}),
        "GET of one bookmark": lambda: shelf.get(path),
        f"GET {BOOKMARKS}check/": lambda: shelf.get(f"{BOOKMARKS}check/", params={"url": url}),
        "POST of a new URL": lambda: shelf.post(BOOKMARKS, json={"url": f"https://example.com/{word()}"} | others()),
        "POST of a URL that is there": lambda: shelf.post(BOOKMARKS, json={"url": url} | others()),
        "PUT": lambda: shelf.put(path, json={"url": url} | others()),
        "PATCH": lambda: shelf.patch(path, json=others()),
    }


def other_routes(shelf, web):
    """By name, a way to ask each route that has to do with bookmarks and shows no tags."""
    one = save(shelf, url=web.page("A page").url, tag_names=[word()])
    path = f"{BOOKMARKS}{one['id']}/"
    link = f'<DT><A HREF="{one["url"]}" TAGS="{word()}">A page</A>'
    text = f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{link}\n</DL><p>\n"
    return {
        "POST archive": lambda: shelf.post(f"{path}archive/"),
        "POST unarchive": lambda: shelf.post(f"{path}unarchive/"),
        "POST refresh": lambda: shelf.post(f"{BOOKMARKS}refresh/", json={"ids": [one["id"]]}),
        "POST import": lambda: shelf.post(f"{BOOKMARKS}import/", files={"file": ("b.html", text, "text/html")}),
        "GET export": lambda: shelf.get(f"{BOOKMARKS}export/"),
        "DELETE": lambda: shelf.delete(path),
    }


def costs(shelf, web, *, bookmarks, tags):
    """The answers of routes that show tags, among so many bookmarks, and as many archived ones, with so many tags."""
    for is_archived, path in ((False, BOOKMARKS), (True, f"{BOOKMARKS}archived/")):
        for _ in range(bookmarks - len(shelf.get(path).expect(200)["results"])):
            save(shelf, tag_names=[word() for _ in range(tags)], is_archived=is_archived)
    answers = {route: ask() for route, ask in routes(shelf, web, [word() for _ in range(tags)]).items()}
    for route, answer in answers.items():
        shows_tags(route, answer.expect(200, 201), tags)
    return answers


def shows_tags(route, answer, tags):
    """Fail the step unless the answer has the tags whose cost is counted."""
    if route == f"GET {TAGS}":
        found = tags if answer["count"] == len(answer["results"]) >= 9 * tags else answer["count"]
    elif "results" in answer.json:
        found = max(len(one["tag_names"]) for one in answer["results"])
    else:
        found = len(answer["bookmark", "tag_names"] if "check" in route else answer["tag_names"])
    assert found == tags, because(
        saw=f"Every bookmark was saved with {tags} tags, and {route} shows {found}: {answer}",
        expected="the tags that were saved.",
        cause="tags are lost on the way into the database, or this route does not load them.",
        look="shelf/bookmarks/repository.py.",
    )


def counted(statements):
    return f"{len(statements)} statement{'s' if len(statements) != 1 else ''}"


def most_frequent(statements):
    """Which statement was sent most often, as a sentence."""
    [(statement, times)] = Counter(statements).most_common(1)
    return f"{times} times: {' '.join(statement.split())[:200]}" if times > 1 else f"The last: {statements[-1][:200]}"


def why_it_grows(route, statements):
    """Why a route takes more statements for more rows."""
    [(statement, _)] = Counter(statements).most_common(1)
    if not statement.lstrip().upper().startswith("SELECT"):
        return "tags are added one at a time, each by a statement of its own."
    if any("bookmark_tags" in each and times > 4 for each, times in Counter(statements).items()):
        return "the tags of each bookmark are asked for by themselves: one statement for the list, one for each row."
    if route.startswith("GET"):
        return "something is asked for once for each row of the answer."
    return "each tag is looked for by itself, one statement for each name."


def give_one_date(database, ids, date):
    """Let all these bookmarks have been added at the same moment."""
    marks = ", ".join("?" for _ in ids)
    database.execute(f"UPDATE bookmarks SET date_added = ? WHERE id IN ({marks})", date, *ids)


def along(shelf, page):
    """The pages that follow, as far as `next` leads, ten at most."""
    for _ in range(10):
        if not page["next"]:
            return
        page = shelf.get(str(page["next"]).removeprefix(shelf.url)).expect(200)
        yield page


def why_not_those(found, ids):
    """Why walking through the pages does not bring these bookmarks."""
    if set(found) - set(ids):
        return "`next` forgets what was searched for, or the archived ones are not left out."
    if len(found) > len(set(found)):
        return "the order is not the same for two queries, so that one bookmark stands on two pages, another on none."
    return "`next` ends too early, or the offset counts something else than bookmarks: rows of a join, for instance."


def why_another_order(found, ids):
    """Why the right bookmarks come in another order."""
    if found in (sorted(ids), sorted(ids, reverse=True)):
        return "the order goes by the id alone. What is imported has a date of its own: late to come, but old."
    return (
        "the order ends with the date. What has the same date may come in any order, and in another one with the next"
        " query, so that a bookmark stands on two pages or on none."
    )


def says_where_it_is(shelf, pages, count):
    """Fail the step unless these pages say how many bookmarks there are, and where their neighbours are."""
    for number, page in enumerate(pages):
        assert page["count"] == count, because(
            saw=f"A search finds {count} bookmarks. Page {number + 1} of {len(pages)} says `count`: {page['count']}",
            expected=f"{count}: as many as the search finds, on all pages together.",
            cause="something else is counted: the rows of this page, those of a join, or all bookmarks.",
            look=PAGES,
        )
    back = shelf.get(str(pages[1]["previous"]).removeprefix(shelf.url)).expect(200)
    fits = pages[0]["previous"] is None and back["results"] == pages[0]["results"]
    assert fits, because(
        saw=f"The first page has `previous`: {pages[0]['previous']}. The second has {pages[1]['previous']}",
        expected="null on the first; on the second the full URL of the first, with what was searched for.",
        cause="this worked when the lesson began, so a change of yours has lost it.",
        look="`neighbours` in shelf/paging.py.",
    )
