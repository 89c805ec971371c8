"""Lesson 02: what a client saves comes back as the lesson promises."""

import json
import random
import re
import string

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
CHECK = "/api/bookmarks/check/"
PROMISES = "shelf/schemas.py, and 'What Shelf promises' in the lesson."
ROUTES = "shelf/bookmarks.py, and 'What Shelf promises' in the lesson."
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
DEFAULTS = {
    **{"title": "", "description": "", "notes": "", "web_archive_snapshot_url": ""},
    **{"is_archived": False, "unread": False, "shared": False, "tag_names": []},
    **dict.fromkeys(["website_title", "website_description", "favicon_url", "preview_image_url"]),
}


def test_a_bookmark_comes_back_whole(shelf):
    """A bookmark comes back whole, with its defaults."""
    least, full = {"url": f"https://example.com/{word()}"}, whole()
    first = shelf.post(BOOKMARKS, json=least).expect(201)
    says(first, least | DEFAULTS, about="With nothing but a URL,", cause="the schema has another default, or none.")
    has_dates_and_id(first)
    second = shelf.post(BOOKMARKS, json=full).expect(201)
    says(second, DEFAULTS | full, about="With every field,", cause="a value gets lost or changed on its way.")

    for saved in (first, second):
        found = shelf.get(f"{BOOKMARKS}{saved['id']}/").expect(200)
        says(found, saved.json, about="Read again,", cause="what is kept is not what was answered.")
    page = shelf.get(BOOKMARKS).expect(200)
    assert page["results"] == [second.json, first.json], because(
        saw=f"After two POSTs, {page}",
        expected="in `results` the two bookmarks as they were answered, the newest first.",
        cause="the list is made by another schema, or in another order.",
        look=ROUTES,
    )
    kept = {name: second[name] for name in ("id", "date_added")}
    path = f"{BOOKMARKS}{second['id']}/"
    for method, at in {"PUT": path, "POST": BOOKMARKS}.items():
        put = shelf.put(path, json=full | {"is_archived": True}).expect(200)
        says(put, full | kept | {"is_archived": True}, about="Archived,", cause="`is_archived` gets lost on its way.")
        again = shelf.request(method, at, json={"url": full["url"]}).expect(201 if method == "POST" else 200)
        about = "With nothing but the URL of a bookmark that is there,"
        cause = "what was left out keeps its old value: only PATCH leaves alone what was not sent."
        says(again, least | DEFAULTS | kept | {"url": full["url"]}, about=about, cause=cause, look=ROUTES)


def test_a_url_comes_back_byte_for_byte(shelf, web):
    """Only http and https are taken, and a URL comes back byte for byte."""
    for url in good_urls():
        answer = shelf.post(BOOKMARKS, json={"url": url})
        words = {"cause": why_refused(url), "look": PROMISES} if answer.status == 422 else {}
        answer.expect(201, about=f"{short(url)} is a good URL.", **words)
        assert answer["url"] == url, because(
            saw=f"The URL {short(url)} was sent, and {short(answer['url'])} came back.",
            expected="the same characters: nothing added, nothing taken away, nothing spelled anew.",
            cause="the schema keeps its parsed form of the URL, not the URL.",
            look="`url` in shelf/schemas.py, and 'A URL is a string' in the lesson.",
        )
    saved = shelf.post(BOOKMARKS, json={"url": web.origin}).expect(201)
    check = shelf.get(CHECK, params={"url": web.origin}).expect(200)
    assert check["bookmark"] == saved.json, because(
        saw=f"{web.origin} was saved, and a check of it says `bookmark`: {short(check['bookmark'])}",
        expected="the bookmark: it has this very URL.",
        cause="what is kept as `url` does not equal the string that was sent; `BookmarkInDB` decides what is kept.",
        look="shelf/schemas.py, and 'A URL is a string' in the lesson.",
    )
    path = f"{BOOKMARKS}{saved['id']}/"
    for why, url in bad_urls().items():
        for method, at in {"POST": BOOKMARKS, "PUT": path, "PATCH": path}.items():
            answer = shelf.request(method, at, json={"url": url})
            refused(answer, f"The URL {short(url)} {why}.", "the schema of this route lets such a URL pass.")


# What the steps share


def says(answer, expected, *, about, cause, look=PROMISES):
    """Fail the step unless the answer has these values, types included; when it was changed is no part of it."""
    for name, value in expected.items():
        assert name == "date_modified" or json.dumps(answer[name]) == json.dumps(value), because(
            saw=f"{about} {answer.method} {answer.path} answered {answer.status} with `{name}`: {short(answer[name])}",
            expected=f"`{name}`: {short(value)}",
            cause=cause,
            look=look,
        )


def has_dates_and_id(answer):
    """Fail the step unless the answer has a positive id, and dates in UTC that end with Z."""
    for name in ("date_added", "date_modified"):
        assert re.fullmatch(DATE, str(answer[name])), because(
            saw=f"{answer.method} {answer.path} answered `{name}`: {short(answer[name])}",
            expected="ISO 8601 in UTC, with Z at its end, such as 2026-01-31T12:00:00.123456Z.",
            cause="the field is no `datetime`, or its value has no time zone.",
            look=PROMISES,
        )
    counts = type(answer["id"]) is int and answer["id"] > 0
    assert counts, because(
        saw=f"{answer.method} {answer.path} answered `id`: {short(answer['id'])}",
        expected="a positive whole number.",
        cause="the answer takes its `id` from somewhere else than the store.",
        look=PROMISES,
    )


def refused(answer, about, cause):
    """Fail the step unless the answer is a 422."""
    words = {"cause": cause, "look": PROMISES} if answer.status in (200, 201) else {}
    answer.expect(422, about=about, **words)


def short(value):
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:80]}... ({len(text.strip(chr(34)))} characters)"


def why_refused(url):
    """Why a good URL is refused."""
    if len(url) == 2048 and not url.isascii():
        return "2048 characters are promised, and something counts bytes: `HttpUrl` takes 2083 of them."
    return "the schema is stricter than the lesson: the scheme, in whatever case, then `://`, a host, no white space."


# What the steps are about


def word(length=8):
    return "".join(random.choices(string.ascii_lowercase, k=length))


def whole():
    """Everything that a client may send, each as long as it may be."""
    texts = {"title": word(512), "description": word(10_000), "notes": f"{word()}, ünïcode ✓"}
    flags = dict.fromkeys(["unread", "shared"], True)  # an archived one would not be listed, from lesson 06 on
    return {"url": f"https://example.com/{word()}", **texts, **flags, "tag_names": [word(64)]}


def good_urls():
    host = f"{word()}.example.com"
    yield f"https://{host}"
    yield f"https://{host}/"
    yield f"HTTPS://{host.upper()}:443/A/../b/./?x=%7e&y=a+b&&#?/"
    yield f"http://{host}/käse|{{}}?q=✓"
    yield f"https://bücher.{host}/"
    yield f"https://{host}/".ljust(2048, "x")
    yield f"https://{host}/".ljust(2048, "ä")


def bad_urls():
    host = f"{word()}.example.com"
    return {
        "has the scheme ftp": f"ftp://{host}/",
        "has the scheme javascript": f"javascript://{host}/%0aalert(1)",
        "has a scheme that only begins like http": f"httpx://{host}/",
        "has no scheme": f"{host}/page",
        "is empty": "",
        "has no host": "https://",
        "lacks the two slashes": f"https:{host}",
        "begins with white space": f" https://{host}/",
        "ends with a line break": f"https://{host}/\n",
        "has white space inside": f"https://{host}/a b",
        "has a tab inside its scheme": f"ht\ttps://{host}/",
        "has 2049 characters": f"https://{host}/".ljust(2049, "x"),
    }
