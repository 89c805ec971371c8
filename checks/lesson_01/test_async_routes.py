"""Lesson 01: one slow page must not stop the others."""

import os

import pytest

from workshop.testbed import because

CHECK = "/api/bookmarks/check/"
SNAPSHOT = "/api/bookmarks/snapshot/"
MIB = 1024 * 1024


def test_health_answers_while_a_page_is_awaited(shelf, web):
    """Health answers while another request waits for a slow page."""
    page = web.page("Slow").hold()
    check = shelf.start("GET", CHECK, params={"url": page.url})
    page.wait_for_visitors(1)

    health = shelf.get("/health")

    assert health.answered or shelf.gone, because(
        saw=f"GET /health got no answer while one page was being fetched.{shelf.standstill}",
        expected="an answer at once: waiting for a page is no work.",
        cause="a call inside `async def` that blocks the thread, so the event loop stands still.",
        look="shelf/pages.py, and 'Three ways to wait' in the lesson.",
    )
    health.expect(200)
    page.release()
    assert titles([check]) == ["Slow"], wrong_titles(["Slow"], [check])


def test_twenty_checks_wait_together(shelf, web):
    """Twenty checks wait for their pages at the same time."""
    checks_wait_together(shelf, web, 20)


def test_sixty_checks_wait_together(shelf, web):
    """Sixty checks wait for their pages at the same time: more than there are threads."""
    checks_wait_together(shelf, web, 60)


def test_health_answers_while_a_snapshot_is_printed(shelf, web):
    """Health answers while the press prints a page."""
    page = web.page(body="<p>Fresh from the press.</p>").hold()
    snapshot = shelf.start("GET", SNAPSHOT, params={"url": page.url})
    page.wait_for_visitors(1)

    health = shelf.get("/health")

    assert health.answered or shelf.gone, because(
        saw=f"GET /health got no answer while the press was printing a page.{shelf.standstill}",
        expected="an answer at once, although the press itself cannot be made to wait politely.",
        cause="`print_page` blocks its thread, and it runs in the thread of the event loop.",
        look="`snapshot` in shelf/main.py, and 'Three ways to wait' in the lesson.",
    )
    health.expect(200)
    page.release()
    printed = snapshot.answer().expect(200)
    assert "Fresh from the press." in printed.text, because(
        saw=f"The page said 'Fresh from the press.', and {printed}",
        expected="the words of the page as the body of the answer.",
        cause="the route answers before the press has printed, or sends something other than what `print_page` returns.",
        look="`snapshot` in shelf/main.py.",
    )
    shelf.get(SNAPSHOT, params={"url": web.refused()}).expect(502)


@pytest.mark.guard
def test_a_page_gives_its_title_description_and_image(shelf, web):
    """A page gives its title, description and image, in its charset, after a redirect too."""
    full = web.page("Tea & Co.", description="Leaves,\n boiled.", image="/tea.png")
    latin = web.page(body="<title>Thé</title>".encode("latin-1"), content_type="text/html; charset=iso-8859-1")
    bare = web.page(body="<title>Çay</title>", content_type="application/xhtml+xml")
    moved = web.redirect(bare.url)
    image = f"{web.origin}/tea.png"
    whole = {
        full.url: {"title": "Tea & Co.", "description": "Leaves, boiled.", "preview_image": image},
        latin.url: {"title": "Thé", "description": None, "preview_image": None},
        bare.url: {"title": "Çay", "description": None, "preview_image": None},
        moved.url: {"title": "Çay", "description": None, "preview_image": None},
    }
    for url, said in whole.items():
        expected = {"bookmark": None, "metadata": {"url": url} | said, "auto_tags": []}
        answer = shelf.get(CHECK, params={"url": url}).expect(200)
        assert answer.json == expected, because(
            saw=f"{answer}",
            expected=f"{expected}".replace("None", "null").replace("'", '"'),
            cause="this worked when the lesson began, so a change of yours has lost it.",
            look="shelf/pages.py, and 'What Shelf promises' in the lesson.",
        )


def test_a_page_that_cannot_be_read_gives_empty_metadata(shelf, web):
    """A page that cannot be read gives empty metadata, not an error."""
    for kind, url in unreadable(web).items():
        found = metadata(shelf.get(CHECK, params={"url": url}), about=f"The page {kind}.")
        empty = {"url": url, "title": None, "description": None, "preview_image": None}
        assert found == empty, because(
            saw=f"The page {kind}, and its metadata is {found}.",
            expected="its URL as it was asked for, and null for title, description and preview_image.",
            cause="what came back was taken for a page without a look at its status, its Content-Type and its charset.",
            look="`fetch_page` in shelf/pages.py, and 'What Shelf promises' in the lesson.",
        )


def test_an_endless_page_is_read_up_to_one_mib(shelf, web):
    """A page without end is read up to 1 MiB, and no further."""
    early = endless(web, b"<title>Early</title>".rjust(MIB - 1000))
    title = title_of_endless(shelf, early)
    assert title == "Early", because(
        saw=f"A page without end has its title 1,000 bytes before the limit, and the check says {title!r}.",
        expected="'Early': what stands in the first 1 MiB counts, however the page goes on.",
        cause="reading stopped sooner: one `read(n)` gives what has arrived, not n bytes. Or it went on until time was up.",
        look="how `fetch_page` in shelf/pages.py reads.",
    )
    late = endless(web, b"<title>Late</title>".rjust(MIB + MIB // 2))
    title = title_of_endless(shelf, late)
    assert title is None, because(
        saw=f"A page without end has its title half a MiB after the limit, and the check says {title!r}.",
        expected="null: only the first 1 MiB (1,048,576 bytes) counts.",
        cause="the page is read further than that.",
        look="PAGE_BYTES, and how `fetch_page` in shelf/pages.py reads.",
    )
    cut = endless(web, b"<title>Cut</title>".rjust(MIB - 1001), filler="é")
    title = title_of_endless(shelf, cut)
    assert title == "Cut", because(
        saw=f"The limit of 1 MiB cuts a character of two bytes in half, and the check says {title!r} for the title.",
        expected="'Cut', which stands before it: the halved character alone is left out.",
        cause="the bytes are decoded strictly, and the half at the end counts as an error.",
        look="`decode_page` in shelf/parsing.py knows about this.",
    )


@pytest.mark.guard
def test_checks_leave_nothing_open(shelf, web, waiter):
    """Forty checks, one after another, leave no connections or clients open behind them."""
    good, missing = web.page("Good"), web.page("Missing", status=404)
    for number in range(40):
        shelf.get(CHECK, params={"url": (good if number % 2 else missing).url}).expect(200)

    assert waiter.until(lambda: web.connections_open <= 5), because(
        saw=f"After forty checks {web.connections_open} connections to pages are still open.",
        expected="a handful at most, as a client that is shared may keep for later.",
        cause="an answer, or the client that asked, is not closed on every way out.",
        look="shelf/pages.py: `async with` closes, also when an error or a `return` leads out.",
    )
    unclosed = shelf.output.count("Unclosed client session")
    assert not unclosed, because(
        saw=f"In forty checks the service printed 'Unclosed client session' {unclosed} times.",
        expected="each client is closed by the code that opened it, or one is shared by all.",
        cause="a new client for every page, and none is closed: the garbage collector has to find them.",
        look="shelf/pages.py: `async with` closes, also when an error or a `return` leads out.",
    )


# What the steps above share


def checks_wait_together(shelf, web, number):
    """Start checks on pages that are held back; fail the step unless all are waiting at once, and get their own page."""
    names = [f"Page {n}" for n in range(number)]
    pages = [web.page(name).hold() for name in names]
    checks = [shelf.start("GET", CHECK, params={"url": page.url}) for page in pages]

    assert web.gathers(number) or shelf.gone, because(
        saw=f"{web.inside} of {number} pages were being fetched at the same time.{shelf.standstill}",
        expected=f"all {number}: each check only waits.",
        cause=why_so_few(web.inside),
        look="shelf/pages.py, and 'Three ways to wait' in the lesson.",
    )
    for page in pages:
        page.release()
    assert titles(checks) == names, wrong_titles(names, checks)


def why_so_few(inside):
    """What limits the number of pages that are fetched at once to `inside`."""
    cpus = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if inside == 1:
        return "the checks wait one after the other."
    if inside == min(32, cpus + 4):
        return f"each check blocks a thread while it waits, and `asyncio.to_thread` has {inside} of them on this machine."
    if inside == 40:
        return "each check blocks a thread while it waits, and FastAPI has 40 of them for `def` routes."
    return "something lets only so many wait at once: a pool of threads, a lock, the limit of a client."


def titles(checks):
    """The titles in the answers to these checks, in their order."""
    return [metadata(check.answer()).get("title") for check in checks]


def wrong_titles(expected, checks):
    """Fail the step: the checks have ended, with other titles than these."""
    pairs = zip(expected, titles(checks), strict=True)
    name, title = next((name, title) for name, title in pairs if name != title)
    because(
        saw=f"The page '{name}' was held back and then let go, and its check says {title!r} for the title.",
        expected=f"'{name}', as soon as the page has come.",
        cause="the check gave up waiting, or it answers with another page's data.",
        look="shelf/pages.py.",
    )


def metadata(answer, about=""):
    """The metadata in the answer to a check; the step fails where there is none."""
    found = answer.expect(200, about=about)["metadata"]
    assert isinstance(found, dict), because(
        saw=f"{about} {answer}".strip(),
        expected="`metadata` is an object with the fields url, title, description and preview_image.",
        cause="the route's response model has another shape.",
        look="`check` in shelf/main.py, and 'What Shelf promises' in the lesson.",
    )
    return found


def unreadable(web):
    """URLs of pages that cannot be read, by what is wrong with them."""
    circle = web.redirect("")
    circle.headers["Location"] = circle.url
    return {
        "is a picture": web.page(body=b"\x89PNG\r\n\x1a\n\xff", content_type="image/png").url,
        "is plain text": web.page("Not HTML", content_type="text/plain").url,
        "has no Content-Type": web.page("Not HTML", content_type=None).url,
        "is not in the charset it names": web.page(body=b"<title>Th\xe9</title>").url,
        "names a charset that does not exist": web.page("?", content_type="text/html; charset=klingon").url,
        "is missing (404)": web.page("Not found", status=404).url,
        "fails (500)": web.page("Sorry", status=500).url,
        "ends before it is whole": web.broken().url,
        "refuses the connection": web.refused(),
        "leads to itself": circle.url,
        "leads to an address that is none": web.redirect("http://[").url,
        "has no http address": "file:///etc/hosts",
        "has an address that is none": "http://127.0.0.1:99999/",
    }


def endless(web, start, filler=" "):
    """A page that sends `start`, 8 MiB more at once, and then a little at a time for ever."""
    rest = filler.encode() * (8 * MIB // len(filler.encode()))
    return web.endless(start + rest, filler.encode(), pause=0.1)


def title_of_endless(shelf, page):
    """The title that a check finds on a page without end; the step fails if it does not answer and hang up."""
    check = shelf.start("GET", CHECK, params={"url": page.url})
    answer = check.answer()
    assert answer.answered or shelf.gone, because(
        saw=f"The check of a page without end got no answer, though the first 8 MiB were there.{shelf.standstill}",
        expected="an answer as soon as 1 MiB has come.",
        cause="the page is read to its end, and it has none.",
        look="PAGE_BYTES, and how `fetch_page` in shelf/pages.py reads.",
    )
    title = metadata(answer).get("title")
    assert page.empties(), because(
        saw="The check of a page without end has answered, and the page is still being fetched.",
        expected="no more bytes are taken once 1 MiB has come.",
        cause="the connection stays open after the answer.",
        look="shelf/pages.py: `async with` closes, also when a `break` or a `return` leads out.",
    )
    return title
