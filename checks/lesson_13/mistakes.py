"""Wrong answers to lesson 13 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

OUTBOX = "shelf/jobs/outbox.py"
RELAY = "shelf/jobs/relay.py"
SIGNATURES = "shelf/jobs/signatures.py"
SERVICE = "shelf/jobs/service.py"
ASKS = "shelf/jobs/dependencies.py"
CALLS = "shelf/jobs/router.py"
ROUTES = "shelf/bookmarks/router.py"
RULES = "shelf/bookmarks/service.py"

WAITS = "test_saving_waits_for_nobody"
ARRIVES = "test_the_title_arrives"
BELIEVED = "test_only_qstash_is_believed"
ONCE = "test_delivered_twice_is_done_once"
FAILING = "test_a_job_that_keeps_failing_says_so"
ROLLED_BACK = "test_what_is_rolled_back_is_never_sent"
AWAY = "test_nothing_is_lost_while_qstash_is_away"
RELAYS = "test_two_relays_send_each_job_once"

INIT = """    def __init__(self, session: AsyncSession) -> None:
        self._session = session
"""
ADD = """        self._session.add(Job(bookmark_id=bookmark.id))
        await self._session.flush()
"""
ORDER = """        job = Job(bookmark_id=bookmark.id)
        self._session.add(job)
        await self._session.flush()
"""
CLAIM = """        due = Job.due_at <= now()
        some = select(Job.id).where(due).order_by(Job.due_at).limit(AT_ONCE).with_for_update(skip_locked=True)
        # Asked twice, inside and outside: of two processes that chose the same rows, one must come too late.
        taken = update(Job).where(Job.id.in_(some), due).values(due_at=now() + lease).returning(Job.id)
        return (await self._session.scalars(taken)).all()
"""
REMOVE = """        # The bookmark, then its job: whoever deletes a bookmark locks them in this order, too.
        bookmark = await self._session.scalar(_bookmark(job_id).with_for_update(of=Bookmark))
        taken = delete(Job).where(Job.id == job_id).returning(Job.id)
        if bookmark is None or await self._session.scalar(taken) is None:
            return None
        await self._session.refresh(bookmark)  # SQLite has locked nothing before the DELETE
        return bookmark
"""
SEND = """        wait = timedelta(0)
        try:
            await self._publisher.publish(job_ids)
            wait = RESEND
        finally:
            async with self._sessions.begin() as session:
                await Outbox(session).postpone(job_ids, wait)
"""
RUN = """            try:
                while await self.send_some():
                    pass
            except NotSentError as error:
                logger.warning("QStash takes no jobs", extra={"fields": {"error": str(error)}})
            except Exception:
                logger.exception("the relay has failed, and goes on")  # nobody would notice that it has ended
"""
CHANGE = "            await BookmarkRepository(session, there.owner_id).change(there, _lacking(there, page))\n"
GONE = """        if bookmark is None:
            return
        try:
"""
CREATE = "async def create_bookmark(new: BookmarkCreate, bookmarks: ServiceDep) -> BookmarkResponse:\n"
CREATED = "    return BookmarkResponse.model_validate(await bookmarks.save(new))\n"
HAS_PUBLISHER = [
    Edit(ASKS, "Outbox(session) if resources.jobs", "Outbox(session, resources.jobs.publisher) if resources.jobs"),
    Edit(
        OUTBOX,
        INIT,
        INIT.replace("AsyncSession)", "AsyncSession, publisher=None)") + "        self._publisher = publisher\n",
    ),
]
IMPORTS_UPDATE = Edit(SERVICE, "from typing import Any\n", "from typing import Any\n\nfrom sqlalchemy import update\n")

MISTAKES = [
    Mistake(
        name="reads the page while saving",
        edits=[
            Edit(
                ROUTES, CREATE, CREATE.replace("bookmarks: ServiceDep", "bookmarks: ServiceDep, reader: PageReaderDep")
            ),
            Edit(ROUTES, "import ServiceDep\n", "import ServiceDep\nfrom shelf.dependencies import PageReaderDep\n"),
            Edit(
                ROUTES,
                '    """Save a bookmark; if its URL has one already, replace that one."""\n',
                "    page = await reader.read(new.url)\n    new.title = new.title or page.title or ''\n",
            ),
        ],
        caught_by=WAITS,
        says="the page is read before the answer",
    ),
    Mistake(
        name="orders a job for every change",
        edits=[
            Edit(
                RULES,
                "        return await self._bookmarks.change(await self.get(bookmark_id), sent.model_dump())\n",
                """        bookmark = await self._bookmarks.change(await self.get(bookmark_id), sent.model_dump())
        if self._outbox and not (bookmark.title and bookmark.description):
            await self._outbox.add(bookmark)
        return bookmark
""",
            )
        ],
        caught_by=WAITS,
        says="every change orders a job",
    ),
    Mistake(
        name="decides before the page was read what the bookmark lacks",
        edits=[Edit(SERVICE, CHANGE, CHANGE.replace("_lacking(there", "_lacking(bookmark"))],
        caught_by=ARRIVES,
        says="the owner gave a bookmark a title",
    ),
    Mistake(
        name="takes the page for that of the new URL",
        edits=[Edit(SERVICE, "            if there.url != bookmark.url:\n", "            if False:\n")],
        caught_by=ARRIVES,
        says="a bookmark got another URL",
    ),
    Mistake(
        name="changes the bookmark past its repository",
        edits=[
            IMPORTS_UPDATE,
            Edit(
                SERVICE,
                CHANGE,
                "            changed = update(Bookmark).where(Bookmark.id == there.id)\n"
                "            await session.execute(changed.values(**_lacking(there, page)))\n",
            ),
        ],
        caught_by=ARRIVES,
        says="a search for it finds 0 bookmarks",
    ),
    Mistake(
        name="reads the page with a client of its own",
        edits=[
            Edit(
                SERVICE,
                "            page = await self._reader.fetch(bookmark.url)  # no connection is held meanwhile\n",
                """            async with aiohttp.ClientSession() as client, client.get(bookmark.url) as answer:
                if answer.status != 200:
                    raise PageError(str(answer.status))
                page = parse_page(bookmark.url, await answer.text())
""",
            ),
            Edit(SERVICE, "from typing import Any\n", "from typing import Any\n\nimport aiohttp\n"),
            Edit(SERVICE, "from shelf.parsing import Page\n", "from shelf.parsing import Page, parse_page\n"),
        ],
        caught_by=ARRIVES,
        says="past Shelf's own reader",
    ),
    Mistake(
        name="verifies JSON that was parsed and written anew",
        edits=[
            Edit(ASKS, "await request.body(),", "json.dumps(await request.json()).encode(),"),
            Edit(ASKS, "from typing import Annotated\n", "import json\nfrom typing import Annotated\n"),
        ],
        caught_by=BELIEVED,
        says="parsed and written anew",
    ),
    Mistake(
        name="does not look at the URL",
        edits=[Edit(SIGNATURES, 'body=body.decode(), url=f"{self._public_url}{path}")', "body=body.decode())")],
        caught_by=BELIEVED,
        says="only if it is told `url`",
    ),
    Mistake(
        name="asks the request for its URL",
        edits=[
            Edit(SIGNATURES, 'url=f"{self._public_url}{path}"', "url=path"),
            Edit(ASKS, 'request.scope["route"].path', "str(request.url)"),
        ],
        caught_by=BELIEVED,
        says="repeats what the caller says in the header Host",
    ),
    Mistake(
        name="catches the error that the client names",
        edits=[
            Edit(
                SIGNATURES,
                "        except (SignatureError, KeyError, UnicodeDecodeError) as error:  # KeyError: it has no digest"
                " of the body\n",
                "        except SignatureError as error:\n",
            )
        ],
        caught_by=BELIEVED,
        says="KeyError where there is no digest",
    ),
    Mistake(
        name="knows one key",
        edits=[Edit(SIGNATURES, "Receiver(current_key, next_key)", "Receiver(current_key, current_key)")],
        caught_by=BELIEVED,
        says="QSTASH_NEXT_SIGNING_KEY, is not used",
    ),
    Mistake(
        name="remembers the ids of messages",
        edits=[
            Edit(OUTBOX, REMOVE, "        return await self.bookmark_of(job_id)\n"),
            Edit(
                CALLS,
                "    await snapshots.take(message.job_id)\n",
                """    name = request.headers["Upstash-Message-Id"]
    if name not in SEEN:
        await snapshots.take(message.job_id)
        SEEN.add(name)
""",
            ),
            Edit(CALLS, "import APIRouter, Depends, status\n", "import APIRouter, Depends, Request, status\n"),
            Edit(CALLS, "def snapshot(message", "def snapshot(request: Request, message"),
            Edit(CALLS, "\nrouter = APIRouter(", "\nSEEN: set[str] = set()\nrouter = APIRouter("),
        ],
        caught_by=ONCE,
        says="by a name that changes",
    ),
    Mistake(
        name="deletes the row, and does not look whether it was there",
        edits=[
            Edit(
                OUTBOX,
                REMOVE,
                """        bookmark = await self.bookmark_of(job_id)
        await self._session.execute(delete(Job).where(Job.id == job_id))
        return bookmark
""",
            )
        ],
        caught_by=ONCE,
        says="not by the statement that ends the job",
    ),
    Mistake(
        name="answers 404 for a job that is done",
        edits=[
            Edit(SERVICE, GONE, GONE.replace("return", 'raise NotFoundError("no such job")')),
            Edit(SERVICE, "import PagesError\n", "import NotFoundError, PagesError\n"),
        ],
        caught_by=ONCE,
        says="answered with an error",
    ),
    Mistake(
        name="gives up at the first failure",
        edits=[
            Edit(
                SERVICE,
                "        except PageError as error:\n",
                "        except PageError as error:\n            await self.give_up(job_id)\n",
            )
        ],
        caught_by=FAILING,
        says="the first failure is taken for the last",
    ),
    Mistake(
        name="takes no note of what QStash has given up",
        edits=[Edit(SERVICE, '                bookmark.snapshot_state = "failed"\n', "                pass\n")],
        caught_by=FAILING,
        says="nobody learns that QStash has given up",
    ),
    Mistake(
        name="claims without a look",
        edits=[Edit(RELAY, "            if not await Outbox(session).has_due():", "            if False:")],
        caught_by=ROLLED_BACK,
        says="claims without a look",
    ),
    Mistake(
        name="publishes in a task of its own",
        edits=[
            *HAS_PUBLISHER,
            Edit(OUTBOX, ADD, ORDER + "        asyncio.create_task(self._publisher.publish([job.id]))\n"),
            Edit(OUTBOX, "from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        ],
        caught_by=ROLLED_BACK,
        says="told before the COMMIT",
    ),
    Mistake(
        name="publishes in BackgroundTasks",
        edits=[
            Edit(RELAY, "            if not await Outbox(session).has_due():", "            if True:"),
            Edit(OUTBOX, ADD, ORDER + "        bookmark.ordered = job.id\n"),
            Edit(ROUTES, CREATE, CREATE.replace("(new", "(tasks: BackgroundTasks, resources: ResourcesDep, new")),
            Edit(
                ROUTES,
                CREATED,
                """    bookmark = await bookmarks.save(new)
    if hasattr(bookmark, "ordered"):
        tasks.add_task(resources.jobs.publisher.publish, [bookmark.ordered])
    return BookmarkResponse.model_validate(bookmark)
""",
            ),
            Edit(ROUTES, "import APIRouter, Path", "import APIRouter, BackgroundTasks, Path"),
            Edit(ROUTES, "import ServiceDep\n", "import ServiceDep\nfrom shelf.dependencies import ResourcesDep\n"),
        ],
        caught_by=AWAY,
        says="nobody looks for what was not sent",
    ),
    Mistake(
        name="ends with the first failure",
        edits=[Edit(RELAY, RUN, "            while await self.send_some():\n                pass\n")],
        caught_by=AWAY,
        says="has ended with the first failure",
    ),
    Mistake(
        name="notes nothing when a job is sent",
        edits=[Edit(RELAY, SEND, "        await self._publisher.publish(job_ids)\n")],
        caught_by=AWAY,
        says="nobody notes that the jobs were sent",
    ),
    Mistake(
        name="keeps for ever what it has claimed",
        edits=[Edit(OUTBOX, "values(due_at=now() + lease)", "values(due_at=now() + 1000 * RESEND)")],
        caught_by=AWAY,
        says="its own for ever",
    ),
    Mistake(
        name="looks first, and claims then",
        edits=[
            Edit(
                OUTBOX,
                CLAIM,
                """        job_ids = (await self._session.scalars(select(Job.id).where(Job.due_at <= now()))).all()
        await self._session.execute(update(Job).where(Job.id.in_(job_ids)).values(due_at=now() + lease))
        return job_ids
""",
            )
        ],
        caught_by=RELAYS,
        says="must ask again whether the row is free",
    ),
    Mistake(
        name="waits for QStash inside of a transaction",
        edits=[
            Edit(
                RELAY,
                """            job_ids = await Outbox(session).claim(self._lease)
        if not job_ids:
            return 0
"""
                + SEND,
                """            job_ids = await Outbox(session).claim(self._lease)
            if not job_ids:
                return 0
            await self._publisher.publish(job_ids)
            await Outbox(session).postpone(job_ids, RESEND)
""",
            )
        ],
        caught_by=RELAYS,
        says="keeps a transaction open",
    ),
]
