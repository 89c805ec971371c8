"""Wrong answers to lesson 11 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

CACHE = "shelf/cache.py"
PAGES = "shelf/kept_pages.py"
LISTS = "shelf/tags/lists.py"
ROUTES = "shelf/tags/router.py"
LINKS = "shelf/bookmarks/links.py"
ASKS = "shelf/dependencies.py"

SECOND = "test_the_second_check_visits_no_page"
EQUAL = "test_a_hit_equals_a_miss_byte_for_byte"
FIFTY = "test_fifty_callers_on_a_cold_key_are_one_visit"
SHOWS = "test_a_change_shows_at_once"
COMMITTED = "test_only_what_is_committed_shows"
OWN = "test_users_never_see_each_others"
LIVES = "test_lifetimes_differ_and_failures_live_shorter"
FAILS = "test_without_redis_shelf_is_slower_and_never_wrong"

GET = """            kept = await self._ask(lambda redis: redis.get(key))
            return schema.validate_json(kept) if kept is not None else None
"""
SET = "            await self._ask(lambda redis: redis.set(key, text, ex=lifetime))\n"
STATE = "        self._owed: dict[str, str] = {}\n"
SHARED = """        task: asyncio.Task[T] | None = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(load())
            task.add_done_callback(lambda _: self._loading.pop(key))
        return await asyncio.shield(task)  # one that stops waiting does not stop the others
"""
VERSION = """            return await self._ask(lambda redis: redis.get(f"version:{name}")) or "none yet"
"""
OUTDATE = """        self._owed[name] = new = uuid4().hex
        with suppress(NoAnswerError):
            await self._ask(lambda redis: redis.set(f"version:{name}", new, ex=VERSION_SECONDS))
            if self._owed.get(name) == new:
                del self._owed[name]
"""
KEPT = """            kept = await self.cache.get(_key(url), PAGE)
            if kept is not None:
                return kept
"""
FETCH = """        page = await super().fetch(url)
        await self.cache.put(_key(url), page, PAGE, GOOD_SECONDS)
        return page
"""
SESSION = """    changed: set[int] = set()
    try:
        async with sessions.begin() as session:
            changed = changed_owners(session)
            yield session
    finally:
        # After the commit: a list made before it shows the old rows. And after a COMMIT that has failed, too: it may
        # have come through all the same.
        for owner_id in changed:
            await cache.outdate(tags_of(owner_id))
"""

MISTAKES = [
    Mistake(
        name="gives back the text",
        edits=[Edit(CACHE, "schema.validate_json(kept) if kept is not None else None", "kept")],
        caught_by=SECOND,
        says="what comes out of the cache is not what went in",
    ),
    Mistake(
        name="keeps things in the memory of the process",
        edits=[
            Edit(CACHE, STATE, STATE + "        self._kept: dict[str, str] = {}\n"),
            Edit(
                CACHE, GET, "            return schema.validate_json(self._kept[key]) if key in self._kept else None\n"
            ),
            Edit(CACHE, SET, "            self._kept[key] = text\n"),
        ],
        caught_by=SECOND,
        says="in the memory of a process, and each process has its own",
    ),
    Mistake(
        name="lets a refresh read from the cache",
        edits=[
            Edit(
                PAGES,
                FETCH,
                "        if (kept := await self.cache.get(_key(url), PAGE)) is not None:\n            return kept\n"
                + FETCH,
            )
        ],
        caught_by=SECOND,
        says="the refresh reads from the cache",
    ),
    Mistake(
        name="does not keep what a refresh has read",
        edits=[
            Edit(PAGES, FETCH, "        return await super().fetch(url)\n"),
            Edit(
                PAGES,
                "                return await self.fetch(url)\n",
                """                page = await self.fetch(url)
                await self.cache.put(_key(url), page, PAGE, GOOD_SECONDS)
                return page
""",
            ),
        ],
        caught_by=SECOND,
        says="the refresh leaves the cache as it was",
    ),
    Mistake(
        name="keeps pages under a normalized URL",
        edits=[Edit(PAGES, "url.encode(", "url.lower().partition('#')[0].split('?')[0].rstrip('/').encode(")],
        caught_by=EQUAL,
        says="URLs that differ share what is kept",
    ),
    Mistake(
        name="takes a page without a title for nothing",
        edits=[Edit(PAGES, "            if kept is not None:\n", "            if kept and kept.title:\n")],
        caught_by=EQUAL,
        says="what is kept is taken for nothing",
    ),
    Mistake(
        name="takes an empty list for nothing",
        edits=[Edit(LISTS, "        if kept is not None:\n", "        if kept and kept.results:\n")],
        caught_by=EQUAL,
        says="an empty list is taken for nothing kept",
    ),
    Mistake(
        name="keeps one list, whichever part was asked for",
        edits=[Edit(LISTS, 'f"{name}:{version}:{limit}:{offset}"', 'f"{name}:{version}"')],
        caught_by=EQUAL,
        says="parts of the list share one key",
    ),
    Mistake(
        name="keeps the URLs of the neighbours",
        edits=[
            Edit(
                ROUTES,
                "    before, after = neighbours(request, found.count, limit, offset)\n",
                """    from pydantic import TypeAdapter

    schema = TypeAdapter(tuple[str | None, str | None])
    key = f"neighbours:{found.count}:{limit}:{offset}"
    kept = await lists._cache.get(key, schema)
    if kept is None:
        kept = neighbours(request, found.count, limit, offset)
        await lists._cache.put(key, kept, schema, 300)
    before, after = kept
""",
            )
        ],
        caught_by=EQUAL,
        says="the first caller's host is told to all",
    ),
    Mistake(
        name="lets everybody load",
        edits=[Edit(CACHE, SHARED, "        return await load()\n")],
        caught_by=FIFTY,
        says="nobody waits",
    ),
    Mistake(
        name="waits, and does not look again",
        edits=[
            Edit(
                CACHE,
                SHARED,
                "        async with self._loading.setdefault(key, asyncio.Lock()):\n            return await load()\n",
            ),
            Edit(PAGES, KEPT, ""),
            Edit(
                PAGES,
                "        async def kept_or_read() -> Page:\n",
                """        kept = await self.cache.get(_key(url), PAGE)
        if kept is not None:
            return kept

        async def kept_or_read() -> Page:
""",
            ),
        ],
        caught_by=FIFTY,
        says="whoever has waited must look again",
    ),
    Mistake(
        name="has one lock for all pages",
        edits=[
            Edit(
                CACHE,
                SHARED,
                "        async with self._loading.setdefault('', asyncio.Lock()):\n            return await load()\n",
            )
        ],
        caught_by=FIFTY,
        says="one lock for all pages",
    ),
    Mistake(
        name="waits for the five minutes to end",
        edits=[Edit(CACHE, OUTDATE, "        return\n")],
        caught_by=SHOWS,
        says="the list that was kept before still counts",
    ),
    Mistake(
        name="knows versions in the memory of the process",
        edits=[
            Edit(CACHE, STATE, STATE + "        self._versions: dict[str, str] = {}\n"),
            Edit(CACHE, VERSION, '            return self._versions.get(name, "none yet")\n'),
            Edit(CACHE, OUTDATE, "        self._versions[name] = uuid4().hex\n"),
        ],
        caught_by=SHOWS,
        says="in the memory of the other one",
    ),
    Mistake(
        name="outdates before the commit",
        edits=[
            Edit(
                ASKS,
                SESSION,
                """    async with sessions.begin() as session:
        yield session
        for owner_id in changed_owners(session):
            await cache.outdate(tags_of(owner_id))
""",
            )
        ],
        caught_by=COMMITTED,
        says="outdated before the COMMIT",
    ),
    Mistake(
        name="deletes what is kept",
        edits=[
            Edit(LISTS, 'f"{name}:{version}:{limit}:{offset}"', 'f"{name}:{limit}:{offset}"'),
            Edit(
                CACHE,
                'await self._ask(lambda redis: redis.set(f"version:{name}", new, ex=VERSION_SECONDS))\n',
                """keys = await self._ask(lambda redis: redis.keys(f"{name}:*"))
            if keys:
                await self._ask(lambda redis: redis.delete(*keys))
""",
            ),
        ],
        caught_by=COMMITTED,
        says="deleting what is kept does not reach what is kept a moment later",
    ),
    Mistake(
        name="keeps lists without their owner",
        edits=[Edit(LISTS, 'return f"tags:{owner_id}"', 'return "tags"')],
        caught_by=OWN,
        says="the key does not say whose it is",
    ),
    Mistake(
        name="keeps the whole answer to a check",
        edits=[
            Edit(LINKS, "bookmarks: BookmarksDep) -> Check:", "bookmarks: BookmarksDep, cache: CacheDep) -> Check:"),
            Edit(LINKS, "import FenceDep, ", "import CacheDep, FenceDep, "),
            Edit(
                LINKS,
                "    metadata = await reader.read(url)\n",
                """    from pydantic import TypeAdapter

    kept = await cache.get(f"check:{url}", TypeAdapter(Check))
    if kept is not None:
        return kept
    metadata = await reader.read(url)
""",
            ),
            Edit(LINKS, "    return Check(bookmark", "    found = Check(bookmark"),
            Edit(
                LINKS,
                "metadata=metadata)\n",
                """metadata=metadata)
    await cache.put(f"check:{url}", found, TypeAdapter(Check), 3600)
    return found
""",
            ),
        ],
        caught_by=OWN,
        says="the whole answer is kept by URL",
    ),
    Mistake(
        name="gives everything one lifetime",
        edits=[Edit(CACHE, "round(seconds * random.uniform(1 - JITTER, 1))", "round(seconds)")],
        caught_by=LIVES,
        says="all have the same lifetime",
    ),
    Mistake(
        name="keeps failures as long as pages",
        edits=[Edit(PAGES, "FAILED_SECONDS)", "GOOD_SECONDS)")],
        caught_by=LIVES,
        says="a failure is kept as long as a success",
    ),
    Mistake(
        name="does not keep failures",
        edits=[
            Edit(PAGES, "                await self.cache.put(_key(url), Page(url), PAGE, FAILED_SECONDS)\n", ""),
        ],
        caught_by=LIVES,
        says="nothing is kept of pages that cannot be read",
    ),
    Mistake(
        name="keeps things for ever",
        edits=[Edit(CACHE, "redis.set(key, text, ex=lifetime)", "redis.set(key, text)")],
        caught_by=LIVES,
        says="a SET without `ex`",
    ),
    Mistake(
        name="lets a lifetime begin anew with each reader",
        edits=[
            Edit(
                PAGES,
                KEPT,
                """            kept = await self.cache.get(_key(url), PAGE)
            if kept is not None:
                await self.cache.put(_key(url), kept, PAGE, GOOD_SECONDS if kept.title else FAILED_SECONDS)
                return kept
""",
            )
        ],
        caught_by=LIVES,
        says="begins anew each time that somebody asks",
    ),
    Mistake(
        name="waits for Redis as long as it takes",
        edits=[Edit(CACHE, "            async with asyncio.timeout(self._seconds):\n", "            if True:\n")],
        caught_by=FAILS,
        says="nobody looks at the clock",
    ),
    Mistake(
        name="catches the errors that the client names",
        edits=[
            Edit(CACHE, "        except Exception as error:", "        except (UpstashError, TimeoutError) as error:"),
            Edit(
                CACHE,
                "from upstash_redis.asyncio import Redis\n",
                "from upstash_redis.asyncio import Redis\nfrom upstash_redis.errors import UpstashError\n",
            ),
        ],
        caught_by=FAILS,
        says="not all are UpstashError",
    ),
    Mistake(
        name="trusts that what is kept fits",
        edits=[Edit(CACHE, "suppress(NoAnswerError, ValidationError)", "suppress(NoAnswerError)")],
        caught_by=FAILS,
        says="what Redis holds does not fit",
    ),
    Mistake(
        name="gives the cache up after the first failure",
        edits=[
            Edit(
                CACHE,
                "            raise NoAnswerError from error\n",
                "            self._redis = None\n            raise NoAnswerError from error\n",
            )
        ],
        caught_by=FAILS,
        says="the cache is given up",
    ),
    Mistake(
        name="forgets what Redis could not be told",
        edits=[
            Edit(
                CACHE,
                OUTDATE,
                """        with suppress(NoAnswerError):
            await self._ask(lambda redis: redis.set(f"version:{name}", uuid4().hex, ex=VERSION_SECONDS))
""",
            )
        ],
        caught_by=FAILS,
        says="nobody remembers that",
    ),
]
