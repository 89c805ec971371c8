"""Lesson 10: who may be addressed."""

import json
import random
import secrets

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
HOSTS = "shelf/middleware.py, and 'Whose name is on the envelope' in the lesson."


def test_only_hosts_that_are_configured_are_served(start_shelf):
    """Only the hosts in ALLOWED_HOSTS are served; others get a 400, as a problem, before anything is done."""
    word = secrets.token_hex(3)
    allowed = f"shelf-{word}.example, *.{word}.example ,127.0.0.1,[::1]"
    shelf = start_shelf(env={"ALLOWED_HOSTS": allowed}, must_run=False)
    anyone = start_shelf(must_run=False)
    owner = shelf.must_run().sign_up()
    about = f"ALLOWED_HOSTS is {allowed!r}."
    for host in (
        f"shelf-{word}.example",
        f"SHELF-{word}.Example:{random.randint(1, 65535)}",
        f"a.{word}.example",
        "[::1]:80",
    ):
        owner.get(BOOKMARKS, headers={"Host": host}).expect(200, about=f"{about} For {host}:", look=HOSTS)
    for host in strangers(word):
        answer = owner.get(BOOKMARKS, headers={"Host": host})
        answer.expect(400, about=f"{about} For {host!r}:", cause=why_served(host), look=HOSTS)
        is_a_problem(answer, f"{about} For {host!r}:")
    before = owner.get(BOOKMARKS).expect(200)["count"]
    new = {"url": f"https://example.com/{word}"}
    owner.post(BOOKMARKS, json=new, headers={"Host": "evil.example"}).expect(400, look=HOSTS)
    assert owner.get(BOOKMARKS).expect(200)["count"] == before, because(
        saw=f"{about} A bookmark that was sent to evil.example was refused with a 400, and saved.",
        expected="nothing is done for a host that is not served.",
        cause="the host is looked at when the route has done its work.",
        look=HOSTS,
    )
    anyone.must_run().get("/health", headers={"Host": f"{word}.example"}).expect(
        200, about="ALLOWED_HOSTS is not set:", cause="without the variable every host is served.", look=HOSTS
    )


def strangers(word):
    """Yield hosts that are not served, among them some that look as if they were."""
    yield "evil.example"
    yield f"shelf-{word}.example.evil.example"
    yield f"evil-shelf-{word}.example"
    yield f"{word}.example"
    yield f"evil{word}.example"
    yield f"shelf-{word}.example@evil.example"
    yield ""


def why_served(host):
    """What lets a host through that is not listed."""
    if host == "evil.example":
        return "nobody looks at the header Host."
    return "names are compared in part: by their beginning, their end, or what they contain."


def is_a_problem(answer, about):
    """Fail the step unless this is a problem document with the request's id."""
    kind, request_id = answer.headers.get("Content-Type", ""), answer.headers.get("X-Request-ID")
    good = kind.startswith("application/problem+json") and request_id
    told = f" {json.dumps(answer.text[:80])}" if answer.text else ""
    assert good, because(
        saw=f"{about} 400, with Content-Type {kind!r}, X-Request-ID {request_id!r}:{told}",
        expected="a problem document, as for every error, and an X-Request-ID to find it in the log.",
        cause="Starlette's TrustedHostMiddleware answers plain text; or the layer stands outside of those that log.",
        look=HOSTS,
    )
