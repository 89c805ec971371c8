"""Lesson 03: work is no waiting."""

import json

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
PATIENT = {"PAGE_SECONDS": "60", "REFRESH_SECONDS": "120"}
LOOK = "`fetch_page` in shelf/pages.py, and 'Work is not waiting' in the lesson."


def test_parsing_a_huge_page_does_not_stop_the_loop(start_shelf, web, waiter, tmp_path):
    """Health answers while a huge page is parsed."""
    shelf = start_shelf(env=PATIENT, inside=hold_the_parser)
    page = web.page(body="<title>Huge</title>" + " " * 1_000_000)
    saved = shelf.post(BOOKMARKS, json={"url": page.url}).expect(201)["id"]
    requests = {
        "a refresh": ("POST", f"{BOOKMARKS}refresh/", {"json": {"ids": [saved]}}),
        "a check": ("GET", f"{BOOKMARKS}check/", {"params": {"url": page.url}}),
    }
    for what, (method, path, more) in requests.items():
        request = shelf.start(method, path, **more)
        waiter.until(lambda request=request: (tmp_path / "parsing").exists() or request.done)
        health = shelf.get("/health")
        assert health.answered or shelf.gone, because(
            saw=f"GET /health got no answer while {what} parsed a page of 1 MB.{shelf.standstill}",
            expected="an answer at once. (The step makes the parser slow on purpose.)",
            cause="the page is parsed in the thread of the event loop, in one go.",
            look=LOOK,
        )
        health.expect(200)
        (tmp_path / "go on").touch()
        request.answer().expect(200, about=f"After {what} of a page of 1 MB")
        (tmp_path / "go on").unlink()
        (tmp_path / "parsing").unlink(missing_ok=True)
    title = shelf.get(f"{BOOKMARKS}{saved}/").expect(200)["website_title"]
    assert title == "Huge", because(
        saw=f"A page of 1 MB was refreshed, and its `website_title` is {json.dumps(title)}",
        expected='"Huge"',
        cause="the page is cut, or what the parser finds does not arrive.",
        look=LOOK,
    )


def hold_the_parser():
    """Keep whoever has more than 128 KiB parsed in one go waiting, until there is a file named `go on`.

    Files, because a parser in another process is a right answer too.
    """
    import time
    from html.parser import HTMLParser
    from pathlib import Path

    folder, feed = Path.cwd(), HTMLParser.feed

    def held_feed(self, data):
        if len(data) > 128 * 1024:
            (folder / "parsing").touch()
            while not (folder / "go on").exists():
                time.sleep(0.05)
        feed(self, data)

    HTMLParser.feed = held_feed
