"""Lesson 13: what is committed is sent, and nothing else is."""

import random

from workshop.testbed import because

BOOKMARKS = "/api/bookmarks/"
FAST = {"RELAY_SECONDS": "0.05"}
QUIET = {"RELAY_SECONDS": "0"}
GUARD = 15
OUTBOX = "`add` in shelf/jobs/outbox.py, and 'A row, not a call' in the lesson."
RELAY = "shelf/jobs/relay.py, and 'The relay' in the lesson."
CLAIM = "`claim` in shelf/jobs/outbox.py, and 'Two relays' in the lesson."


def test_what_is_rolled_back_is_never_sent(start_shelf, web, qstash, waiter):
    """A bookmark that is not saved sends nothing, and one that is being saved sends nothing yet."""
    shelf = start_shelf(env=FAST)
    caller = shelf.sign_up()
    changes_nothing(shelf, waiter)
    shelf.fail_commits(1)
    lost = web.page(word())
    caller.post(BOOKMARKS, json={"url": lost.url}).expect(500, about="The COMMIT of a saving failed:")
    nothing_sent(qstash, "A bookmark was saved, the COMMIT failed, and the answer was 500")

    held = shelf.hold_commits()
    page = web.page(word())
    saving = caller.start("POST", BOOKMARKS, json={"url": page.url})
    assert held.wait_for(1), because(
        saw="A bookmark was to be saved, and no COMMIT came.",
        expected="a COMMIT before the answer, as in lesson 05.",
        cause="saving failed, or waits for something else.",
        look=OUTBOX,
    )
    nothing_sent(qstash, "A bookmark is being saved, its COMMIT has not come yet")
    held.release()
    number = saving.answer().expect(201)["id"]
    arrives(qstash, 1, "A bookmark was saved")
    qstash.deliver_all()
    found = caller.get(f"{BOOKMARKS}{number}/").expect(200)
    assert found["snapshot_state"] == "done", because(
        saw=f"A bookmark was saved after one that was rolled back, and all that was sent was delivered: {found}",
        expected='`snapshot_state` is "done".',
        cause="what was sent is about another bookmark, or about none.",
        look=OUTBOX,
    )
    assert lost.visits == 0, because(
        saw="A bookmark was not saved, and its page was visited.",
        expected="no visit.",
        cause="a job is sent for what was rolled back.",
        look=OUTBOX,
    )


def test_nothing_is_lost_while_qstash_is_away(start_shelf, web, qstash, waiter):
    """Whatever is wrong with QStash, saving works; and when it is well again it gets every job, after a crash, too."""
    shelf = start_shelf(env=FAST | {"LEASE_SECONDS": "0.5"})
    caller = shelf.sign_up()
    titles = {}
    faults = {
        "is down": qstash.die,
        "answers 503": qstash.fail,
        "answers 200 with HTML": qstash.nonsense,
        "answers nobody": qstash.hang,
    }
    for fault, begin in faults.items():
        begin()
        asked = len(qstash.requests)
        titles[save(caller, f"QStash {fault}", web)] = f"QStash {fault}"
        waiter.until(lambda asked=asked: len(qstash.requests) > asked, 0.3)  # nobody asks one that is down
        qstash.heal()
        arrives(qstash, len(titles), f"A bookmark was saved while QStash {fault}; then it was well again")

    qstash.hold()
    titles[save(caller, "QStash answers nobody again", web)] = "QStash answers nobody again"
    assert qstash.wait_for_held(1), because(
        saw="A bookmark was saved, and nobody has told QStash.",
        expected="a request: the relay goes on after failures.",
        cause="the relay has ended, or waits longer and longer.",
        look=RELAY,
    )
    shelf.close()
    qstash.heal()
    before = len(qstash.messages)
    other = start_shelf(env=FAST | {"LEASE_SECONDS": "0.5"})
    there = type(caller)(other, caller.username, caller.password, caller.token)
    fine = waiter.until(lambda: len(qstash.messages) > before, GUARD)
    assert fine, because(
        saw=f"A process was killed while it told QStash of a job. Another one was started, and after {GUARD} s nobody"
        " has told QStash again. (LEASE_SECONDS is 0.5.)",
        expected="the job: that a process has begun to send it does not mean that it was sent.",
        cause="a job counts as sent before QStash has taken it; or what one process has claimed is its own for ever.",
        look=CLAIM,
    )
    never_sent_again(qstash, waiter)
    every_title_is_there(there, qstash, waiter, titles)


def test_two_relays_send_each_job_once(start_shelf, web, qstash, waiter):
    """Two processes on one database do not send what the other one is sending."""
    shelf = start_shelf(env=QUIET, must_run=False)
    relays = [start_shelf(env=FAST, must_run=False) for _ in range(2)]
    caller = shelf.sign_up()
    holds = [relay.must_run().hold_commits() for relay in relays]
    qstash.hold()
    for jobs in (1, 5):
        for _ in range(jobs):
            save(caller, f"QStash answers nobody: {word()}", web, f"{OUTBOX} If it publishes nothing: {RELAY}")
        waiter.until(lambda: any(hold.waiting for hold in holds), 5 if jobs == 1 else 0)
        waiter.until(lambda: all(hold.waiting for hold in holds), 0.3 if jobs == 1 else 0)  # both have looked
        for hold in holds:
            hold.release()
    waiter.until(lambda: qstash.held > 6, 0.5)  # one that sends what is being sent does so now
    qstash.release()
    arrives(qstash, 6, "Six bookmarks were saved by a process that has no relay, beside two that have one")
    waiter.until(lambda: len(qstash.messages) + qstash.deduplicated > 6, 0.2)
    sent = len(qstash.messages) + qstash.deduplicated
    assert sent == 6, because(
        saw=f"Six bookmarks were saved. Two processes look for jobs, and QStash was told of {sent}.",
        expected="six. (That a job may be sent twice after a failure is another matter.)",
        cause="a job is not claimed before it is sent; or two processes see the same free row, and both take it: the"
        " UPDATE must ask again whether the row is free.",
        look=CLAIM,
    )


# What the steps share


def word():
    return f"w{random.randrange(16**8):08x}"


def save(caller, about, web, look=OUTBOX):
    """Save the bookmark of a page whose title is `about`; return its id."""
    saving = caller.start("POST", BOOKMARKS, json={"url": web.page(about).url}).answer(5)
    return saving.expect(
        201,
        about=f"While {about}, a bookmark was saved:",
        expected="201: the bookmark is saved, and QStash hears of it when it can.",
        cause="whoever saves waits for QStash, and fails with it; or the relay keeps a transaction open meanwhile.",
        look=look,
    )["id"]


def changes_nothing(shelf, waiter):
    """Fail the step unless a relay that has nothing to send leaves the database alone."""
    idle = shelf.hold_commits()
    waiter.until(lambda: idle.waiting > 0, 0.4)
    committed = idle.waiting
    idle.release()
    assert not committed, because(
        saw="Nobody has saved anything, and there is a COMMIT.",
        expected="none: a relay that finds nothing to do only reads. It looks every second, in every process.",
        cause="the relay claims without a look whether something is due, or it looks in a session that commits.",
        look=RELAY,
    )


def never_sent_again(qstash, waiter):
    """Fail the step if what was sent is sent again when a lease is over."""
    asked = len(qstash.requests)
    waiter.until(lambda: len(qstash.requests) > asked, 0.9)
    assert len(qstash.requests) == asked, because(
        saw="QStash has got every job, nobody has done them yet, and a moment later it is told of jobs again."
        " (LEASE_SECONDS is 0.5.)",
        expected="silence, for a day: QStash delivers by itself.",
        cause="nobody notes that the jobs were sent, so they are due again when the lease is over.",
        look=RELAY,
    )


def arrives(qstash, messages, about):
    """Fail the step unless so many messages have come in the end."""
    assert qstash.arrived(messages, GUARD), because(
        saw=f"{about}. {GUARD} s later, QStash has got {len(qstash.messages)} messages of {messages}.",
        expected=f"all {messages}: what is saved is sent. (RELAY_SECONDS is 0.05.)",
        cause="nobody looks for what was not sent; or the one who looked has ended with the first failure.",
        look=RELAY,
    )


def nothing_sent(qstash, about):
    """Fail the step if QStash is told anything now, or a moment later."""
    assert not qstash.arrived(1, 0.3), because(
        saw=f"{about}, and QStash has got a job.",
        expected="no job: nobody has saved anything.",
        cause="QStash is told before the COMMIT. Then there is no way back.",
        look=OUTBOX,
    )


def every_title_is_there(caller, qstash, waiter, titles):
    """Fail the step unless every bookmark has got its title, once everything is delivered."""

    def missing():
        qstash.deliver_all()
        found = {number: caller.get(f"{BOOKMARKS}{number}/").expect(200)["title"] for number in titles}
        return [title for number, title in titles.items() if found[number] != title]

    assert waiter.until(lambda: not missing(), GUARD), because(
        saw="QStash was away several times, and has delivered all that it got. Without its title is the bookmark that"
        f" was saved while {' and while '.join(missing())}.",
        expected="each has the title of its page.",
        cause="a job was lost on its way, or another one was sent in its place.",
        look=RELAY,
    )
