"""Lesson 06: what a search finds, and what it does not."""

import random
from dataclasses import dataclass, field

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
SEARCH = "`matching` in shelf/bookmarks/repository.py, and 'Searching' in the lesson."
SPELLINGS = [("Äpfel", "äPFEL"), ("Ökologie", "öKOLOGIE"), ("Привет", "пРИВЕТ"), ("Ñandú", "ñANDÚ"), ("Łódź", "łÓDŹ")]


def test_a_search_finds_words_phrases_and_tags(shelf):
    """A search finds words, phrases and tags, in any case of any language."""
    shelves = Shelves(shelf)
    finds_words(shelves)
    finds_any_case(shelves)


def test_what_is_typed_is_only_characters(shelf):
    """%, _, \\ and quotes are only characters in what is typed."""
    shelves = Shelves(shelf)
    a, b = word(), word()
    for between in ("", "x", "xy"):
        shelves.put(f"{a}{between}{b}", title=f"{a}{between}{b}", tag_names=[f"{a}{between}{b}"])
    special = ["%", "_", "\\", "'", '"', "/", "*", "?", "[", "^", "%_", "\\%", "''"]
    for sign in special:
        shelves.put(f"{a}{sign}{b}", title=f"{a}{sign}{b}", tag_names=[f"{a}{sign}{b}"])
    for sign in special:
        for typed in (f"{a}{sign}{b}", f"#{a}{sign}{b}"):
            shelves.finds(typed, [f"{a}{sign}{b}"], cause=why_not_a_character(sign))
    for sign in ("%", "\\", '"', "_"):
        shelves.finds(sign, [f"{a}{each}{b}" for each in special if sign in each], cause=why_not_a_character(sign))
    shelves.finds(f"{a}' OR '1'='1", [], cause=why_not_a_character("'"))


# What the steps share


def finds_words(shelves):
    """Fail the step unless words, phrases and tags are found where they stand."""
    a, b, c, d, e = (word() for _ in range(5))
    shelves.put("title", title=f"On {a} and more", tag_names=[d])
    shelves.put("description", description=f"Two lines\nand {b}")
    shelves.put("notes", notes=f"{c}, {e}")
    shelves.put("url", url=f"https://example.com/{d}?x={e}")
    shelves.put("both", title=f"{a} then {b}", notes=e, tag_names=["Night Trains", d])
    words = (
        "title, description, notes and url are looked through, for every word that was typed and for pieces of words."
    )
    phrase = "what stands in double quotes is one piece, with its blanks."
    tag = "a tag is found by its whole name in any case, and a word that is typed without # is no tag."
    everything = ["title", "description", "notes", "url", "both"]
    for typed, expected, cause in (
        *((a, ["title", "both"], words), (b[1:], ["description", "both"], words), (c, ["notes"], words)),
        *(
            (d, ["url"], words),
            (f" {b}  {a} ", ["both"], words),
            (f"{a} {c}", [], words),
            (f"{e} {b}", ["both"], words),
        ),
        *((f'"{a} then {b}"', ["both"], phrase), (f'"{b} {a}"', [], phrase), ("", everything, words)),
        *((f"#{d}", ["title", "both"], tag), (f"#{d[:-1]}", [], tag), (f"#{d} #absent", [], tag)),
        *(('#"night trains"', ["both"], tag), ("night", [], tag), (f"#{d.upper()} {b}", ["both"], tag)),
    ):
        shelves.finds(typed, expected, cause=cause)


def finds_any_case(shelves):
    """Fail the step unless upper and lower case are the same, whatever the language."""
    for saved, typed in [(word(), None), *random.sample(SPELLINGS, 3)]:
        pair = [saved, typed or saved.upper()]
        random.shuffle(pair)
        mark = word()
        shelves.put(pair[0], title=f"{mark} {pair[0]}", tag_names=[pair[0]])
        foreign = "`lower()`, `LIKE` and `ILIKE` of SQLite know the letters of English alone; Python knows all of them."
        ours = "upper and lower case are compared as they are."
        for asked in (f"{mark} {pair[1]}", f"#{pair[1]}"):
            shelves.finds(asked, [pair[0]], cause=foreign if typed else ours)


@dataclass
class Shelves:
    """Bookmarks that have names, and what a search finds among them."""

    shelf: object
    names: dict = field(default_factory=dict)

    def put(self, name, **values):
        """Save a bookmark; it has said something else at first."""
        first = {"url": f"https://example.com/{len(self.names)}", "title": word(), "tag_names": [word()]}
        saved = self.shelf.post(BOOKMARKS, json=first).expect(201)
        self.shelf.patch(f"{BOOKMARKS}{saved['id']}/", json={"title": ""} | values).expect(200)
        self.names[saved["id"]] = name

    def finds(self, typed, expected, *, cause):
        """Fail the step unless a search finds the bookmarks of these names and no others."""
        answer = self.shelf.get(BOOKMARKS, params={"q": typed}).expect(200, about=f"Searched for {typed!r}.")
        found = [self.names[one["id"]] for one in answer["results"]]
        assert sorted(found) == sorted(expected), because(
            saw=f"Searched for {typed!r}, found {len(found)}: {', '.join(found[:3])}{' ...' if len(found) > 3 else ''}",
            expected=f"{len(expected)}: {', '.join(expected) or 'nothing fits'}.",
            cause=cause,
            look=SEARCH,
        )


def word():
    return f"w{random.randrange(16**8):08x}"


def why_not_a_character(sign):
    """Why a search takes such a sign for something else."""
    if set(sign) & {"%", "_"}:
        return "to LIKE, % stands for any characters and _ for any one: both have to be escaped."
    if "\\" in sign:
        return "the backslash escapes what follows it, so it has to be escaped itself."
    if set(sign) & {"'", '"'}:
        return "a quote ends a text: what was typed has become a part of the statement, or quotes are thrown away."
    return "the sign has a meaning for the way in which texts are compared: GLOB, a regular expression or an escape."
