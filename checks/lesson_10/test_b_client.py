"""Lesson 10: a program that nobody here wrote."""

import json
import random
import secrets

from workshop.testbed import because

KEYS = "/api/tokens/"
ALL = "the route that this call needs, and 'A real client' in the lesson."


def test_the_python_client_of_linkding_works(shelf, use_linkding):
    """`aiolinkding`, linkding's client for Python, creates, lists, updates, archives and deletes."""
    key = shelf.sign_up().post(KEYS, json={"name": "aiolinkding"}).expect(201)["key"]
    word = secrets.token_hex(4)
    bookmark = {
        "url": f"https://example.com/{word}",
        "title": f"Title {word}",
        "description": f"Description {word}",
        "notes": f"Notes {word}",
        "tag_names": random.sample(["red", "green", "blue"], 2),
        "unread": True,
    }
    used = use_linkding(shelf.url, key, bookmark)
    assert not used.failed_call, because(
        saw=f"aiolinkding has done {', '.join(used.done) or 'nothing'}; then its call `{used.failed_call}` raised: "
        f"{used.error}",
        expected="no error: it speaks the API that Shelf speaks, and sends the key as `Authorization: Token <key>`.",
        cause=why_not(used),
        look=ALL,
    )
    done = used.done
    number = done["create"]["id"]
    for call in ("create", "read"):
        same(call, done, {name: done[call].get(name) for name in bookmark}, bookmark, ordered=False)
    for call in ("list", "search", "list_archived"):
        same(call, done, [each["id"] for each in done[call]["results"]], [number])
    for call in ("list_after_archive", "list_after_delete"):
        same(call, done, done[call]["count"], 0)
    updated = bookmark | {"title": f"{bookmark['title']} II", "tag_names": ["updated"], "unread": False}
    same("update", done, {name: done["update"].get(name) for name in updated}, updated)
    names = {each["name"] for each in done["list_tags"]["results"]}
    same("list_tags", done, {*bookmark["tag_names"], "updated"} <= names, True)
    same("profile", done, "version" in done["profile"], True)


def why_not(used):
    """What keeps the client from doing its work."""
    if "InvalidToken" in used.error:
        return "the key is refused: the word before it is `Token` and not `Bearer`, or this route asks for no key."
    if "UnknownEndpoint" in used.error:
        return "the route is missing, or does not find the bookmark of the key's owner."
    return "the answer is not what the client can read, or came too late."


def same(call, done, found, expected, *, ordered=True):
    """Fail the step unless an answer says what it should."""
    if not ordered:
        found, expected = ({**each, "tag_names": sorted(each["tag_names"] or [])} for each in (found, expected))
    assert found == expected, because(
        saw=f"aiolinkding's call `{call}` was answered {json.dumps(done[call])[:300]}",
        expected=f"in it: {json.dumps(expected)}",
        cause="the answer is of another shape, or not about the bookmarks of the key's owner.",
        look=ALL,
    )
