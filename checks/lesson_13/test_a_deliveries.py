"""Lesson 13: what is saved now, and done when QStash says so."""

import base64
import json
import random

from workshop.testbed import because
from workshop.testbed.qstash import FORGERIES

BOOKMARKS = "/api/bookmarks/"
CHECK = "/api/bookmarks/check/"
JOB = "/jobs/snapshot"
FAST = {"RELAY_SECONDS": "0.05"}
GUARD = 10
DONE = (200, 201, 202, 204)
SAVING = "`add` in shelf/jobs/outbox.py, and 'A row, not a call' in the lesson."
WORK = "shelf/jobs/service.py, and 'What a job is' in the lesson."
SIGNED = "shelf/jobs/signatures.py and `require_signature`, and 'Who is calling' in the lesson."


def test_saving_waits_for_nobody(start_shelf, web, qstash, waiter):
    """A bookmark is saved before its page is read, and before QStash has heard of it."""
    shelf, without = start_shelf(env=FAST, must_run=False), start_shelf(env={"QSTASH_TOKEN": ""}, must_run=False)
    caller = shelf.sign_up()
    page = web.page("A title").hold()
    qstash.hold()
    saving = caller.start("POST", BOOKMARKS, json={"url": page.url})
    waiter.until(lambda: saving.done or qstash.held or page.inside, GUARD)
    for _ in range(3):  # others are served meanwhile, so a saving that waits for nobody has had its turn, too
        caller.get(BOOKMARKS).expect(200)
    answer = saving.answer(5)
    assert answer.answered, because(
        saw=f"A bookmark was saved while {'its page' if page.inside else 'QStash'} answers nobody. {answer}",
        expected="201: a page can take ten seconds, and QStash can be away. Nobody should have to wait for them.",
        cause="the page is read before the answer." if page.visits else "whoever saves waits for QStash.",
        look=SAVING,
    )
    number = answer.expect(201)["id"]
    in_state(answer, "waiting", "A bookmark without a title was saved:")
    qstash.release()
    qstash.wait_for(1)
    assert page.visits == 0, because(
        saw=f"A bookmark was saved, QStash has delivered nothing yet, and its page was visited {page.visits} times.",
        expected="no visit: the page is read when QStash delivers the job.",
        cause="the page is read in the process that was asked to save: in a task, or after the answer.",
        look=SAVING,
    )
    in_state(shown(caller, number), "waiting", "A job is on its way:")
    no_other_jobs(caller, web, qstash, waiter)
    nothing_without_jobs(without.must_run())


def test_the_title_arrives(start_shelf, web, qstash):
    """When QStash delivers, the page is read, and the bookmark gets what it lacks; what its owner wrote stays."""
    shelf = start_shelf(env=FAST)
    caller = shelf.sign_up()
    title, description = word(), word()
    page = web.page(title, description=description)
    mine = word()
    for own, said in (
        ({}, {"title": title, "description": description}),
        ({"title": mine}, {"title": mine, "description": description}),
        ({"description": mine}, {"title": title, "description": mine}),
    ):
        number = save(caller, page.url, **own)
        deliver_next(qstash)
        found = shown(caller, number)
        says(found, said, f"A bookmark was saved with {json.dumps(own)}, and its job delivered:")
        in_state(found, "done", "The job was delivered:")
    empty = save(caller, web.page().url)
    deliver_next(qstash)
    in_state(shown(caller, empty), "done", "The page says nothing, and the job was delivered:")

    count = caller.get(BOOKMARKS, params={"q": title}).expect(200)["count"]
    assert count == 1, because(
        saw=f"A title has arrived, and a search for it finds {count} bookmarks.",
        expected="1: what arrives can be found.",
        cause="the bookmark is changed past the repository, or by an UPDATE that leaves `search_text` as it was.",
        look=WORK,
    )
    before = page.visits
    caller.get(CHECK, params={"url": page.url}).expect(200)
    assert page.visits == before, because(
        saw="A job has read a page, and a check of it a moment later visits it again.",
        expected="no visit: what a job reads is kept, as lesson 11 has it.",
        cause="the job reads the page past Shelf's own reader, and so past its cache and its fence.",
        look=WORK,
    )
    changed_meanwhile(caller, web, qstash)


def test_only_qstash_is_believed(start_shelf, web, qstash):
    """What is forged, expired or meant for another address is refused, and does nothing."""
    shelf = start_shelf(env=FAST)
    caller = shelf.sign_up()
    page = web.page(word())
    number = save(caller, page.url)
    [message] = qstash.wait_for(1)
    for how in FORGERIES:
        refused(qstash.deliver(message, forged=how), how)
    staging = message.headers | {"host": "staging.example.com"}
    elsewhere = qstash.message(f"http://staging.example.com{JOB}", body=message.body, **staging)
    refused(
        qstash.deliver(elsewhere, to=shelf.url), "signed for another Shelf, with that one's name in the header Host"
    )
    assert page.visits == 0, because(
        saw=f"Deliveries that QStash had not sent were refused, and the page was visited {page.visits} times.",
        expected="no visit: first the signature, then everything else.",
        cause="the page is read before, or beside, the look at the signature.",
        look=SIGNED,
    )
    in_state(shown(caller, number), "waiting", "Deliveries that QStash had not sent were refused:")
    callback_is_signed_too(caller, qstash, message, number)

    if isinstance(message.json, dict):
        spaced = json.dumps(message.json, indent=2).encode()
        accepted(qstash.deliver(message, body=spaced), "in which the same JSON is written with other spaces")
    other = save(caller, page.url.replace("page", "other"))
    web.page(word(), path=page.url.removeprefix(web.origin).replace("page", "other"))
    late = qstash.wait_for(2)[1]
    qstash.rotate_keys()
    accepted(qstash.deliver(late), "that is signed with the next key, which is the current one by now")
    in_state(shown(caller, other), "done", "The job was delivered:")


# What the steps share


def word():
    return f"w{random.randrange(16**8):08x}"


def save(caller, url, **words):
    """Save a bookmark; return its id."""
    return caller.post(BOOKMARKS, json={"url": url, **words}).expect(201, about="Saving a bookmark:")["id"]


def shown(caller, number):
    return caller.get(f"{BOOKMARKS}{number}/").expect(200)


def deliver_next(qstash):
    """Let QStash deliver the next job; the step fails unless that is answered as done."""
    return qstash.deliver_next().expect(*DONE, about="QStash delivers a job:")


def in_state(answer, state, about):
    """Fail the step unless the bookmark in an answer shows this state of its job."""
    assert answer["snapshot_state"] == state, because(
        saw=f"{about} `snapshot_state` is {json.dumps(answer['snapshot_state'])}.",
        expected=f"{json.dumps(state)}.",
        cause="nobody sets the state at this moment, or it is set by something that counts for nothing.",
        look="'What a bookmark shows' in the lesson, shelf/jobs/outbox.py and shelf/jobs/service.py.",
    )


def says(answer, said, about):
    """Fail the step unless a bookmark says this."""
    found = {name: answer[name] for name in said}
    assert found == said, because(
        saw=f"{about} it says {json.dumps(found)}",
        expected=json.dumps(said),
        cause="what the page says is not kept, or is kept in the place of what the owner has written.",
        look=WORK,
    )


def no_other_jobs(caller, web, qstash, waiter):
    """Fail the step unless full bookmarks, changes and imports order no jobs."""
    url = web.page(word()).url
    full = save(caller, f"{url}?full", title="t", description="d")
    in_state(shown(caller, full), None, "A bookmark was saved that lacks nothing:")
    caller.patch(f"{BOOKMARKS}{full}/", json={"url": f"{url}?patched", "title": ""}).expect(200)
    caller.put(f"{BOOKMARKS}{full}/", json={"url": f"{url}?put"}).expect(200)
    file = f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="{url}?imported">x</A>\n</DL><p>\n'
    caller.post(f"{BOOKMARKS}import/", files={"file": ("b.html", file, "text/html")}).expect(200)
    save(caller, url)
    qstash.wait_for(2)
    waiter.until(lambda: len(qstash.messages) > 2, 0.2)
    assert len(qstash.messages) == 2, because(
        saw="Two bookmarks that lack a title were saved; one that lacks nothing was saved, changed and replaced, and a"
        f" file was imported. QStash got {len(qstash.messages)} jobs.",
        expected="2: a job is ordered by saving a bookmark that lacks a title or a description, and by nothing else.",
        cause="every change orders a job; or each bookmark of a file does, and a file has ten thousand.",
        look="`save` in shelf/bookmarks/service.py, and 'What a bookmark shows' in the lesson.",
    )


def nothing_without_jobs(shelf):
    """Fail the step unless a Shelf that knows no QStash works without jobs."""
    answer = shelf.sign_up().post(BOOKMARKS, json={"url": f"https://{word()}.example/"})
    look = "`get_outbox` and `require_signature` in shelf/jobs/dependencies.py."
    answer.expect(201, about="QSTASH_TOKEN is not set, and a bookmark is saved:", look=look)
    in_state(answer, None, "QSTASH_TOKEN is not set:")
    answer = shelf.post(JOB, json={"job_id": "x", "bookmark_id": 1})
    answer.expect(401, 403, 404, about="QSTASH_TOKEN is not set:", look=look)


def changed_meanwhile(caller, web, qstash):
    """Fail the step unless what changes while a page is being read is respected."""
    page, mine = web.page(word()).hold(), word()
    number = save(caller, page.url)
    delivery = qstash.start(qstash.wait_for(5)[4])
    page.wait_for_visitors(1)
    caller.patch(f"{BOOKMARKS}{number}/", json={"title": mine}).expect(200)
    page.release()
    delivery.answer().expect(*DONE, about="QStash delivers a job:")
    says(shown(caller, number), {"title": mine}, "While its page was being read, the owner gave a bookmark a title;")

    page, title = web.page("The page of the old URL").hold(), word()
    number = save(caller, page.url)
    delivery = qstash.start(qstash.wait_for(6)[5])
    page.wait_for_visitors(1)
    caller.patch(f"{BOOKMARKS}{number}/", json={"url": web.page(title).url}).expect(200)
    page.release()
    delivery.answer()
    qstash.deliver_all()
    found = shown(caller, number)
    about = "While its page was being read, a bookmark got another URL, and QStash delivered until it was content;"
    says(found, {"title": title}, about)
    in_state(found, "done", about)


def refused(answer, how):
    """Fail the step unless a forgery was refused."""
    about = f"A delivery {how}:"
    fine = answer.answered and 400 <= answer.status < 500
    assert fine, because(
        saw=f"{about} {answer}",
        expected="401: QStash has not sent this.",
        cause=why_not_refused(answer, how),
        look=SIGNED,
    )


def why_not_refused(answer, how):
    if not answer.answered or answer.status >= 500:
        return "an error that nobody has caught. `verify` raises SignatureError, and KeyError where there is no digest."
    if "another URL" in how or "another Shelf" in how:
        return (
            "what was signed for another address counts here: `verify` looks at it only if it is told `url`, and"
            " `request.url` repeats what the caller says in the header Host. PUBLIC_URL is what was published."
        )
    if "space" in how:
        return "the digest is taken of JSON that was parsed and written anew. It is of the bytes as they came."
    return "nobody looks at the signature, or not at all of it: key, algorithm, times, issuer, URL and digest."


def callback_is_signed_too(caller, qstash, message, number):
    """Fail the step unless what QStash tells of failures is believed only when QStash tells it."""
    url = message.options.get("failure-callback")
    if not url:
        return
    told = {"status": 500, "sourceMessageId": message.id, "url": message.url, "retried": 3, "maxRetries": 3}
    told |= {"sourceBody": base64.b64encode(message.body).decode(), "body": "", "header": {}}
    for how in ("without a signature", "signed with another key", "signed for another URL"):
        refused(qstash.deliver(qstash.message(url, json=told), forged=how), f"{how}, to the failure callback,")
    in_state(shown(caller, number), "waiting", "A failure callback was forged:")


def accepted(answer, which):
    """Fail the step unless a right delivery was done."""
    answer.expect(
        *DONE,
        about=f"A right delivery {which}:",
        expected="a 2xx: QStash has signed just this.",
        cause="the digest is taken of other bytes than came; or the second key, QSTASH_NEXT_SIGNING_KEY, is not used.",
        look=SIGNED,
    )
