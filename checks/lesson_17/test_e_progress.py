"""Lesson 17: an import that can be watched."""

import json
import threading

import httpx2

from workshop.testbed import because
from workshop.testbed.caller import word
from workshop.testbed.observe import HEADER

PROGRESS = "/api/bookmarks/import/progress/"
COUNT = "SELECT count(*) FROM bookmarks"
LINKS = 600
NUMBER = "1000000"
"""Of a request that does not come from the testbed's own client."""
LOOK = "`get_watched_import` in shelf/transfer/progress.py, and 'Whoever leaves' in the lesson."


def test_a_progress_stream_ends_when_its_reader_leaves(shelf, database):
    """Progress is told while it is made, `done` after the commit, and who leaves before has imported nothing."""
    caller = shelf.sign_up()
    told_in_time(shelf, caller, database)
    broken = read_to_the_end(shelf, caller, a_file(LINKS)[:-200] + "<DT")
    told = broken[-1][0], broken[-1][1].get("status")
    assert told == ("error", 422), because(
        saw=f"A file that breaks off was imported, and the last event is {broken[-1]}.",
        expected="`error`, with `status` 422.",
        cause="what goes wrong after the answer has begun cannot become a status any more, so it has to be an event.",
        look=LOOK,
    )
    before = rows(database)
    held = shelf.hold_statement("INSERT INTO bookmarks")
    stream = Stream(shelf, caller, a_file(LINKS))
    assert held.wait_for(1), not_begun(stream)
    shelf.waiter.until(lambda: stream.kinds)
    stream.leave()
    stopped = shelf.waiter.until(lambda: shelf.connections_out() == 0, 3)
    held.release()
    shelf.waiter.until(lambda: shelf.connections_out() == 0)
    made = rows(database) - before
    assert made == 0, because(
        saw=f"Somebody watched an import and hung up in the middle of it. {made} bookmarks were imported all the same.",
        expected="none: whoever has not seen `done` has imported nothing, and can send the file again.",
        cause="a task does the work, and nobody stops it when the stream has ended."
        if not stopped
        else "what was imported up to then was committed.",
        look=LOOK,
    )
    assert stopped, because(
        saw="Somebody watched an import and hung up in the middle of it. Seconds later it still has a connection.",
        expected="that it ends at once, with its transaction.",
        cause="the end of the stream is looked for only now and then, or not waited for.",
        look=LOOK,
    )


def told_in_time(shelf, caller, database):
    """Fail the step unless progress comes before the commit, and `done` after it."""
    commits = shelf.hold_commits()
    stream = Stream(shelf, caller, a_file(LINKS))
    assert commits.wait_for(1), not_begun(stream)
    shelf.waiter.until(lambda: "progress" in stream.kinds, 5)
    early = shelf.waiter.until(lambda: "done" in stream.kinds, 0.2)
    assert not early, because(
        saw="`done` came before the COMMIT.",
        expected="`done` when it is done: a COMMIT can fail.",
        cause="the event is sent inside of the transaction.",
        look=LOOK,
    )
    assert "progress" in stream.kinds, because(
        saw=f"An import of {LINKS} links is about to be committed, and was told of: {stream.kinds or 'nothing'}.",
        expected="`progress`, each time that a part of the file has been read.",
        cause="the events are collected, and sent in the end.",
        look=LOOK,
    )
    commits.release()
    shelf.waiter.until(lambda: stream.ended)
    fine = stream.kinds[-1:] == ["done"] and stream.events[-1][1].get("created") == LINKS == rows(database)
    assert fine, because(
        saw=f"A file with {LINKS} links was imported. The last event is {stream.events[-1:]}, and there are "
        f"{rows(database)} bookmarks.",
        expected=f"`done`, with `created` {LINKS}, and the bookmarks.",
        cause="the stream ends too early, or its last event does not say what became of the file.",
        look=LOOK,
    )


class Stream:
    """Somebody who watches an import, in a thread of their own."""

    def __init__(self, shelf, caller, text):
        self.events = []
        self.ended = False
        self.problem = ""
        headers = {**caller.headers, HEADER: NUMBER}
        self._client = httpx2.Client(base_url=shelf.url, headers=headers, timeout=30, trust_env=False)
        self._response = None
        threading.Thread(target=self._read, args=(text,), daemon=True).start()

    @property
    def kinds(self):
        """The names of the events so far."""
        return [kind for kind, _ in self.events]

    def leave(self):
        """Hang up."""
        stream = self._response.extensions["network_stream"]
        stream.get_extra_info("socket").shutdown(2)

    def _read(self, text):
        kind = ""
        try:
            with self._client.stream("POST", PROGRESS, files={"file": ("b.html", text, "text/html")}) as response:
                self._response = response
                self.problem = "" if response.status_code == 200 else f"it was answered {response.status_code}"
                for line in response.iter_lines():
                    name, _, value = line.partition(": ")
                    kind = value if name == "event" else kind
                    if name == "data":
                        self.events.append((kind, json.loads(value)))
        except (httpx2.HTTPError, ValueError, OSError) as error:
            self.problem = f"its stream broke: {type(error).__name__}"
        self.ended = True


def read_to_the_end(shelf, caller, text):
    """Return all events of an import."""
    stream = Stream(shelf, caller, text)
    shelf.waiter.until(lambda: stream.ended)
    return stream.events or [("nothing", {"problem": stream.problem})]


def not_begun(stream):
    """Fail the step: an import does not come to its rows."""
    because(
        saw=f"An import was to be watched, and no row was saved: {stream.problem or stream.events or 'nothing came'}.",
        expected=f"an import, with POST {PROGRESS}.",
        cause="the route is gone, or does nothing.",
        look=LOOK,
    )


def rows(database):
    """How many bookmarks there are."""
    return database.rows(COUNT)[0][0]


def a_file(links):
    """A bookmark file with so many links, which nobody has sent before."""
    name = word(8)
    lines = "".join(f'<DT><A HREF="https://{name}.example/{number}" TAGS="t">{number}</A>\n' for number in range(links))
    return f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{lines}</DL><p>\n"
