"""Lesson 02: lists come back in order, those of tags and those of bookmarks."""

import json
import random
import string

import pytest

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"


def test_tags_are_tidy(shelf):
    """Tags are trimmed, unique without regard to case, and sorted."""
    path = f"{BOOKMARKS}{shelf.post(BOOKMARKS, json={'url': 'https://example.com/tags'}).expect(201)['id']}/"
    for method, at in {"POST": BOOKMARKS, "PUT": path, "PATCH": path}.items():
        sent, expected = tags()
        answer = shelf.request(method, at, json={"url": "https://example.com/tags", "tag_names": sent})
        found = answer.expect(201 if method == "POST" else 200)["tag_names"]
        assert found == expected, because(
            saw=f"{method} with tag_names {json.dumps(sent)} came back with {json.dumps(found)}",
            expected=json.dumps(expected),
            cause=what_is_untidy(found, expected),
            look="`tag_names` in shelf/schemas.py, and 'What Shelf promises' in the lesson.",
        )


@pytest.mark.guard
def test_bookmarks_are_listed_and_deleted(shelf):
    """Bookmarks are listed page by page, and what is not there is a 404."""
    saved = [shelf.post(BOOKMARKS, json={"url": f"https://example.com/{n}"}).expect(201)["id"] for n in range(5)]
    listed, pages, path = [], 0, f"{BOOKMARKS}?limit=2"
    while path and pages < 5:
        page = shelf.get(path.removeprefix(shelf.url)).expect(200)
        listed, pages, path = listed + [each["id"] for each in page["results"]], pages + 1, page["next"]
    assert (listed, pages, page["count"]) == (saved[::-1], 3, 5), because(
        saw=f"Five bookmarks, read by twos along `next`: {pages} pages with the ids {listed}; the last: {page}",
        expected=f"3 pages with the ids {saved[::-1]}, and 5 as `count`.",
        cause="this worked when the lesson began, so a change of yours has lost it.",
        look="`list_bookmarks` in shelf/bookmarks.py.",
    )
    last = f"{BOOKMARKS}{saved.pop()}/"
    shelf.patch(last, json={"url": "https://example.com/0"}).expect(409, about="Another bookmark has this URL.")
    shelf.put(last, json={"url": "https://example.com/0"}).expect(409, about="Another bookmark has this URL.")
    shelf.delete(last).expect(204)
    for method, body in {"GET": None, "PUT": {"url": "https://example.com/"}, "PATCH": {}, "DELETE": None}.items():
        shelf.request(method, last, json=body).expect(404, about="The bookmark was deleted.")
        shelf.request(method, f"{BOOKMARKS}{10**20}/", json=body).expect(404, 422, about="An id beyond any counting.")
    left = shelf.get(BOOKMARKS).expect(200)["count"]
    assert left == 4, because(
        saw=f"Of five bookmarks one was deleted, and the list says `count`: {left}",
        expected="4.",
        cause="this worked when the lesson began, so a change of yours has lost it.",
        look="`delete_bookmark` in shelf/bookmarks.py.",
    )


# What the steps share


def what_is_untidy(found, expected):
    """What keeps these tags from being as expected."""
    if any(tag != tag.strip() for tag in found):
        return "white space around a tag stays."
    if "" in found:
        return "a tag of nothing but white space is kept as an empty one."
    folded = [tag.casefold() for tag in found]
    if len(folded) > len(set(folded)):
        return "tags count as different when only their case differs, or they are compared before they are trimmed."
    if set(found) != set(expected):
        return "of several spellings not the first is kept, or a tag is lost, or its case is changed."
    return "the order goes by the letters' codes, in which every capital comes before every small letter."


# What the steps are about


def word(length=6):
    return "".join(random.choices(string.ascii_lowercase, k=length))


def tags():
    """Tags as a client may send them, and as they are to come back."""
    words = sorted({word() for _ in range(4)} | {f"{letter}{word(5)}" for letter in "az"})
    firsts = [name.upper() if n % 2 else name for n, name in enumerate(words)]  # sorted by code they stand otherwise
    sent = [f"{random.choice(['', ' ', '  '])}{name}{random.choice(['', ' ', chr(9)])}" for name in firsts]
    random.shuffle(sent)
    doubles = [f" {name.swapcase()}" for name in random.sample(firsts, 3)] + [f"{firsts[0]} "]
    return [*sent, "", *doubles, "   "], firsts
