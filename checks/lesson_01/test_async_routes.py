"""Lesson 01: one slow page must not stop the others."""

from workshop.testbed import because


def test_health_answers_while_a_page_is_awaited(shelf, web):
    """Health answers while another request waits for a slow page."""
    page = web.page(title="Slow").hold()
    shelf.start("GET", "/api/bookmarks/check/", params={"url": page.url})
    page.wait_for_visitors(1)

    health = shelf.get("/health")

    assert health.answered, because(
        saw="GET /health got no answer while one page was being fetched.",
        expected="an answer at once: waiting for a page is no work.",
        cause="a call inside `async def` that blocks the thread, so the event loop stands still.",
        look="shelf/pages.py, and 'Three ways to wait' in the lesson.",
    )


def test_twenty_checks_wait_together(shelf, web):
    """Twenty checks wait for their pages at the same time."""
    pages = [web.page(title=f"Slow {n}").hold() for n in range(20)]
    for page in pages:
        shelf.start("GET", "/api/bookmarks/check/", params={"url": page.url})

    assert web.gathers(20), because(
        saw=f"{web.inside} of twenty pages were being fetched at the same time.",
        expected="all twenty: each check only waits.",
        cause="the checks wait one after the other.",
        look="shelf/pages.py.",
    )
