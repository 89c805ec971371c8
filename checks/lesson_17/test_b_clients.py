"""Lesson 17: programs that nobody here wrote do a day's work."""

import json

from workshop.testbed import because
from workshop.testbed.caller import word

BOOKMARKS = "/api/bookmarks/"
TAGS = "/api/tags/"
MANY = 1200
EXTENSION = "the route that this call needs, and 'Programs that you did not write' in the lesson."


def test_clients_do_a_days_work(shelf, use_linkding, use_linkding_cli):
    """The browser extension's requests are answered, and `aiolinkding` and `linkding-cli` do a day's work."""
    caller = shelf.sign_up()
    key = caller.post("/api/tokens/", json={"name": "clients"}).expect(201)["key"]
    caller.post(f"{BOOKMARKS}import/", files={"file": ("b.html", many_tags(), "text/html")}).expect(200)
    as_the_extension(shelf, {"Authorization": f"Token {key}"})
    name = word(8)
    bookmark = {"url": f"https://{name}.example/", "title": f"Title {name}", "tag_names": ["aiolinkding"]}
    used = use_linkding(shelf.url, key, bookmark)
    assert not used.failed_call, because(
        saw=f"aiolinkding has done {', '.join(used.done) or 'nothing'}; then its call `{used.failed_call}` raised: "
        f"{used.error}",
        expected="no error, as in lesson 10.",
        cause="an answer has another shape than before, or a route is gone.",
        look=EXTENSION,
    )
    at_the_terminal(use_linkding_cli, shelf.url, key)


def many_tags():
    """A file whose one link has more tags than a page of the list used to hold."""
    names = ",".join(f"tag {number:04}" for number in range(MANY))
    link = f'<DT><A HREF="https://a.example/" TAGS="{names}">A</A>'
    return f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{link}\n</DL><p>\n"


def as_the_extension(shelf, headers):
    """Fail the step unless what the browser extension asks is answered as it needs it."""

    def ask(method, path, *statuses, **request):
        return shelf.request(method, path, headers=headers, **request).expect(
            *statuses,
            about="The browser extension asks:",
            expected=f"{statuses[0]}: it takes nothing else.",
            cause="the route refuses what this client sends, and that cannot be changed there.",
            look=EXTENSION,
        )

    results(ask("GET", f"{BOOKMARKS}?limit=1", 200))
    ask("GET", "/api/user/profile/", 200)
    tags = results(ask("GET", f"{TAGS}?limit=5000", 200))
    assert len(tags) == MANY, because(
        saw=f"There are {MANY} tags, the browser extension asks for 5,000, and gets {len(tags)}.",
        expected="all of them: it asks once, and completes what somebody types from these.",
        cause="a lower limit is taken in silence.",
        look=EXTENSION,
    )
    url = f"https://{word(8)}.example/a?b=c"
    checked = ask("GET", f"{BOOKMARKS}check/", 200, params={"url": url})
    assert checked["bookmark"] is None, gone_wrong(f"{url} is not saved yet.", checked, "no bookmark.")
    new = {"url": url, "title": "Mine", "description": "", "notes": "", "tag_names": ["tag 0001"], "unread": True}
    saved = ask("POST", f"{BOOKMARKS}?disable_scraping&disable_html_snapshot", 201, json={**new, "shared": False})
    checked = ask("GET", f"{BOOKMARKS}check/", 200, params={"url": url})
    assert checked["bookmark", "id"] == saved["id"], gone_wrong(f"{url} was saved.", checked, "that bookmark.")
    found = results(ask("GET", BOOKMARKS, 200, params={"q": '#"tag 0001" mine', "limit": 5}))
    assert [each["id"] for each in found] == [saved["id"]], gone_wrong("It is searched.", found, "that bookmark.")
    ask("GET", f"{BOOKMARKS}{saved['id']}/", 200)
    ask("DELETE", f"{BOOKMARKS}{saved['id']}/", 204)


def results(answer):
    """The results in a page."""
    return answer["results"]


def gone_wrong(what, found, expected):
    """Fail the step: the browser extension sees something else than it should."""
    because(
        saw=f"{what} The browser extension asks, and sees {found}",
        expected=expected,
        cause="the answer is about something else, or older than the question.",
        look=EXTENSION,
    )


def at_the_terminal(use_linkding_cli, url, key):
    """Fail the step unless `linkding-cli` can save, find, change, archive and delete."""
    name = word(8)
    commands = [
        ["bookmarks", "create", f"https://{name}.example/", "--title", name, "--tags", "red,green", "--unread"],
        ["bookmarks", "get", "{id}"],
        ["bookmarks", "update", "{id}", "--title", f"{name} II"],
        ["bookmarks", "all", "--query", name, "--limit", "1"],
        ["bookmarks", "archive", "{id}"],
        ["bookmarks", "all", "--archived", "--query", name],
        ["bookmarks", "unarchive", "{id}"],
        ["tags", "all", "--limit", "1"],
        ["user", "profile"],
        ["bookmarks", "delete", "{id}"],
    ]
    came = use_linkding_cli(url, key, commands)
    last = came[-1]
    all_done = len(came) == len(commands) and not last["exit"]
    assert all_done, because(
        saw=f"`linkding {' '.join(commands[len(came) - 1])}` ended with {last['exit']}: {last['output'][-300:]}",
        expected="every command ends with 0.",
        cause="an answer has another shape than the program can read, or the route refuses what it sends.",
        look=EXTENSION,
    )
    for number in (3, 5):
        found = [each["title"] for each in json.loads(came[number]["output"])["results"]]
        assert found == [f"{name} II"], because(
            saw=f"`linkding {' '.join(commands[number])}` printed {came[number]['output'][:300]}",
            expected=f"the bookmark with the title {name} II.",
            cause="the list does not know of the change, or leaves it out.",
            look=EXTENSION,
        )
