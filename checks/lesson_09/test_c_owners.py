"""Lesson 09: what belongs to somebody else is not there."""

import json
import random
import string

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
HERS = "shelf/bookmarks/repository.py, and 'Not there' in the lesson."
HER_TAG = "shelf/tags/repository.py, and 'Not there' in the lesson."
LISTS = "shelf/bookmarks/repository.py and shelf/tags/repository.py, and 'Not there' in the lesson."
TAKEN = "what is unique is unique for everybody: it is looked up without its owner, or the constraint lacks `owner_id`."


def test_anothers_bookmark_does_not_exist(shelf):
    """Another's bookmarks and tags do not exist, on every route that takes an id: 404, as where nobody has one."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    hers = save(ann, url(), title="Hers", tag_names=[word()])
    his = save(ben, url())
    tag = ann.get(TAGS).expect(200)["results", 0, "id"]
    nothing = his["id"] + 100 + random.randrange(1000)
    before = everything_of(ann)
    for method, path, body in routes(hers["url"]):
        refused = ben.request(method, path.format(hers["id"]), **body)
        absent = ben.request(method, path.format(nothing), **body)
        about = f"A bookmark of somebody else: {method} {path.format(hers['id'])}"
        absent.expect(404, about="A bookmark that nobody has:", look=HERS)
        not_there(refused, absent, about)
        unchanged(before, everything_of(ann), about)
    absent = ben.get(f"{TAGS}{tag + 100000}/").expect(404, about="A tag that nobody has:", look=HER_TAG)
    not_there(ben.get(f"{TAGS}{tag}/"), absent, "A tag of somebody else:", HER_TAG)
    for method, path, body in routes(hers["url"]):  # and its owner finds it on each
        if method != "DELETE":
            answer = ann.request(method, path.format(hers["id"]), **body)
            answer.expect(200, 204, about="Her own bookmark:", look=HERS)
    ann.get(f"{TAGS}{tag}/").expect(200, about="Her own tag:", look=HER_TAG)
    ann.delete(f"{BOOKMARKS}{hers['id']}/").expect(204, about="Her own bookmark:", look=HERS)


def test_many_at_once_are_ones_own_too(shelf, web):
    """Lists, searches, tags, checks, files and refreshes know nothing of others; one URL can be kept by each."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    page, tag = web.page(title="A page"), word()
    hers = save(ann, page.url, title="Hers", tag_names=[tag.upper()])
    old = save(ann, url(), is_archived=True, tag_names=[word()])
    before = everything_of(ann)
    for path in ("", "archived/", f"?q={tag.upper()}", "?q=Hers", f"?q=%23{tag}"):
        answer = ben.get(f"{BOOKMARKS}{path}").expect(200)
        assert (answer["count"], answer["results"]) == (0, []), seen(answer, "no bookmark: he has none.")
    answer = ben.get(TAGS).expect(200)
    assert (answer["count"], answer["results"]) == (0, []), seen(answer, "no tag: he has none.")
    for each in (hers, old):
        text = ben.get(f"{BOOKMARKS}export/").expect(200).text
        assert each["url"] not in text, seen_in("The file that he exports", each["url"])
    answer = ben.get(f"{BOOKMARKS}check/", params={"url": page.url}).expect(200)
    assert answer["bookmark"] is None, seen(answer, "`bookmark`: null. He has not saved this URL.")

    refreshes_only_his(ben, hers, old, web)
    unchanged(before, everything_of(ann), "Somebody else refreshed bookmarks,")

    his = save(ben, page.url, title="His", tag_names=[tag])
    fine = his["id"] != hers["id"] and his["tag_names"] == [tag]
    assert fine, because(
        saw=f"She has saved {page.url} with the tag {tag.upper()!r}. He saves it with {tag!r}: "
        f"id {his['id']} (hers is {hers['id']}), tag_names {json.dumps(his['tag_names'])}",
        expected=f"a bookmark of his own, with an id of its own and the tag {tag!r} in his spelling.",
        cause=TAKEN,
        look=LISTS,
    )
    moved = save(ben, url())
    ben.patch(f"{BOOKMARKS}{moved['id']}/", json={"url": old["url"]}).expect(
        200, about="He gives his bookmark a URL that only she has:", cause=TAKEN, look=LISTS
    )
    imports_only_his(ben, old["url"], url())
    unchanged(before, everything_of(ann), "Somebody else saved, moved and imported the same URLs,")


# What the steps share


def word():
    return "".join(random.choices(string.ascii_lowercase, k=10))


def url():
    return f"https://{word()}.example.com/"


def save(caller, url, **more):
    """Save a bookmark and return what the answer says."""
    return caller.post(BOOKMARKS, json={"url": url} | more).expect(201).json


def routes(url):
    """Every route that takes the id of a bookmark; first those that change the least."""
    yield "GET", "/api/bookmarks/{}/", {}
    yield "PATCH", "/api/bookmarks/{}/", {"json": {"title": "Changed"}}
    yield "PUT", "/api/bookmarks/{}/", {"json": {"url": url, "title": "Changed"}}
    yield "POST", "/api/bookmarks/{}/archive/", {}
    yield "POST", "/api/bookmarks/{}/unarchive/", {}
    yield "DELETE", "/api/bookmarks/{}/", {}


def everything_of(caller):
    """All that somebody keeps."""
    parts = [caller.get(f"{BOOKMARKS}{path}").expect(200)["results"] for path in ("", "archived/")]
    return [*parts, caller.get(TAGS).expect(200)["results"]]


def not_there(refused, absent, about, look=HERS):
    """Fail the step unless the answers for another's and for nothing are the same."""
    refused.expect(404, about=f"{about}:" if about[-1] != ":" else about, cause=why_found(refused), look=look)
    assert looks(refused) == looks(absent), because(
        saw=f"{about} {refused}\nOne that nobody has: {absent}",
        expected="the same answer but for the address: nobody learns by asking which ids are taken.",
        cause="it is found first, and refused in words of its own.",
        look=look,
    )


def why_found(answer):
    if answer.status in (401, 403):
        return f"a {answer.status} tells that it is there, only not whose. What is not yours does not exist."
    return "it is looked up by its id alone. Where each route has to ask for the owner, one that forgets is enough."


def looks(answer):
    body = {name: value for name, value in answer.json.items() if name not in ("instance", "request_id")}
    return answer.status, body


def unchanged(before, after, about):
    """Fail the step if something of hers has changed."""
    assert before == after, because(
        saw=f"{about} and hers have changed. Before: {json.dumps(before)}\nAfter: {json.dumps(after)}",
        expected="nothing of hers changes, whatever others do.",
        cause="the row is found, or changed, by its id or its URL alone, without its owner.",
        look=LISTS,
    )


def seen(answer, expected):
    """Fail the step: somebody sees what is not theirs."""
    because(
        saw=f"She has two bookmarks with tags, he has none. He asks, and {answer}",
        expected=expected,
        cause="this query does not ask for the owner.",
        look=LISTS,
    )


def seen_in(place, url):
    because(
        saw=f"She has two bookmarks, he has none. {place} holds {url}",
        expected="nothing of hers.",
        cause="this query does not ask for the owner.",
        look=LISTS,
    )


def refreshes_only_his(ben, hers, old, web):
    """Fail the step unless her bookmarks are nothing to his refreshes."""
    look = "`newest` and `get` in shelf/bookmarks/repository.py (renewal.py asks them), and 'Not there' in the lesson."
    visits, nothing = web.visits, old["id"] + 1000
    answer = ben.post(f"{BOOKMARKS}refresh/", json={}).expect(200)
    assert answer["refreshed"] == answer["failed"] == [], because(
        saw=f"She has two bookmarks, he has none. He refreshes all, and {answer}",
        expected="nothing is refreshed, and nothing fails.",
        cause="`all` means everybody's.",
        look=look,
    )
    answer = ben.post(f"{BOOKMARKS}refresh/", json={"ids": [hers["id"], nothing]}).expect(200)
    failed = [{**each, "id": 0} for each in answer["failed"]]
    fine = answer["refreshed"] == [] and len(failed) == 2 and failed[0] == failed[1]
    assert fine, because(
        saw=f"He refreshes a bookmark of hers ({hers['id']}) and one that nobody has ({nothing}). {answer}",
        expected="both failed, in the same words: neither is there, and no URL of hers is told.",
        cause="the bookmarks are looked up by their ids alone.",
        look=look,
    )
    assert web.visits == visits, because(
        saw=f"He refreshed, and {web.visits - visits} of her pages were fetched.",
        expected="none.",
        cause="bookmarks are chosen without their owner.",
        look=look,
    )


def imports_only_his(ben, known, new):
    """Fail the step unless a file with a URL that only she has brings him a bookmark of his own."""
    links = "".join(f'<DT><A HREF="{each}" TAGS="{word()}">Imported</A>\n' for each in (known + word(), new))
    text = (
        f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n{links}</DL><p>\n"
    )
    answer = ben.post(f"{BOOKMARKS}import/", files={"file": ("bookmarks.html", text, "text/html")}).expect(200)
    assert (answer["created"], answer["updated"]) == (2, 0), because(
        saw=f"He imports two URLs, neither of which he has. {answer}",
        expected="2 created.",
        cause=TAKEN,
        look="shelf/transfer/repository.py, and 'Not there' in the lesson.",
    )
