"""Typical wrong answers to lesson 06."""

from workshop.mistakes import Edit, Mistake

REPOSITORY = "shelf/bookmarks/repository.py"
MODELS = "shelf/bookmarks/models.py"
SAVING = "shelf/transfer/repository.py"
ROUTER = "shelf/transfer/router.py"

FORTY = "test_forty_bookmarks_cost_what_four_cost"
LAZY = "test_nothing_loads_lazily"
PAGES = "test_pages_meet_without_gap_or_overlap"
FINDS = "test_a_search_finds_words_phrases_and_tags"
CHARACTERS = "test_what_is_typed_is_only_characters"
FEW = "test_ten_thousand_links_take_few_statements_and_little_memory"
KEEPS = "test_an_import_keeps_tags_dates_and_what_was_there"
NOTHING = "test_a_broken_file_imports_nothing_and_says_where"

GET = "self._session.get(Bookmark, bookmark_id, options=[WITH_TAGS])"
OF_URL = "        return await self._session.scalar(select(Bookmark).where(Bookmark.url == url).options(WITH_TAGS))\n"
COUNT = "        count = await self._session.scalar(select(func.count()).select_from(Bookmark).where(*found)) or 0\n"
QUERY = "        query = select(Bookmark).where(*found).order_by(*NEWEST_FIRST).limit(limit).offset(offset)\n"
PAGE = "        return count, (await self._session.scalars(query.options(WITH_TAGS))).all()\n"
NAMED = '        return columns, list((await TagRepository(self._session).named(values["tag_names"])).values())\n'
RAISE = 'relationship(secondary=bookmark_tags, lazy="raise", passive_deletes=True)'
TEXTS = "    texts = [Bookmark.search_text.contains(text, autoescape=True) for text in search.texts]\n"
TAGS = "    tags = [Bookmark.tags.any(Tag.name_key == key) for key in search.tags]\n"
CHUNKS = """    async for links in chunks:
        async with session.begin_nested():  # SQLite lets nobody else write from here on
            new = await _save(session, links)
        created, updated = created + new, updated + len(links) - new
"""
BY_URL = """    for link in links:
        by_url.setdefault(link.url, link)
"""
ROWS = "    rows = [_row(link) for url, link in by_url.items() if url not in ids]\n"
ADDED = """        added = await session.execute(insert(Bookmark).returning(Bookmark.url, Bookmark.id), rows)
        ids |= dict(added.tuples().all())
"""
TAGGING = "    await _tag(session, links, ids, before)\n"
REFUSED = "raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail=str(error)) from error\n    return I"

ON_LISTS = [
    Mistake(
        name="loads the tags of a list, and of nothing else",
        edits=[Edit(REPOSITORY, GET, "self._session.get(Bookmark, bookmark_id)")],
        caught_by=LAZY,
        says="GET of one bookmark loaded Bookmark.tags lazily",
    ),
    Mistake(
        name="forgets the check",
        edits=[
            Edit(MODELS, RAISE, "relationship(secondary=bookmark_tags, passive_deletes=True)"),
            Edit(MODELS, "class Bookmark(Base):", "class Bookmark(AsyncAttrs, Base):"),
            Edit(
                MODELS,
                "from sqlalchemy.orm import Mapped",
                "from sqlalchemy.ext.asyncio import AsyncAttrs\nfrom sqlalchemy.orm import Mapped",
            ),
            Edit(
                REPOSITORY,
                OF_URL,
                """        bookmark = await self._session.scalar(select(Bookmark).where(Bookmark.url == url))
        if bookmark:
            await bookmark.awaitable_attrs.tags
        return bookmark
""",
            ),
        ],
        caught_by=LAZY,
        says="GET /api/bookmarks/check/ loaded Bookmark.tags lazily",
    ),
    Mistake(
        name="asks for the tags of each bookmark in turn",
        edits=[
            Edit(
                REPOSITORY,
                PAGE,
                """        bookmarks = (await self._session.scalars(query)).all()
        for bookmark in bookmarks:
            await self._session.refresh(bookmark, ["tags"])
        return count, bookmarks
""",
            )
        ],
        caught_by=FORTY,
        says="one statement for the list, one for each row",
    ),
    Mistake(
        name="looks for each tag by itself",
        edits=[
            Edit(
                REPOSITORY,
                NAMED,
                """        tags = []
        for name in values["tag_names"]:
            tags += (await TagRepository(self._session).named([name])).values()
        return columns, tags
""",
            )
        ],
        caught_by=FORTY,
        says="one statement for each name",
    ),
    Mistake(
        name="ends the order with the date",
        edits=[Edit(REPOSITORY, "(Bookmark.date_added.desc(), Bookmark.id.desc())", "(Bookmark.date_added.desc(),)")],
        caught_by=PAGES,
        says="the order ends with the date",
    ),
    Mistake(
        name="takes the greatest id for the newest",
        edits=[Edit(REPOSITORY, "(Bookmark.date_added.desc(), Bookmark.id.desc())", "(Bookmark.id.desc(),)")],
        caught_by=PAGES,
        says="the order goes by the id alone",
    ),
    Mistake(
        name="cuts the rows of a join",
        edits=[
            Edit(
                REPOSITORY,
                QUERY,
                QUERY.replace("select(Bookmark)", "select(Bookmark).outerjoin(Bookmark.tags)"),
            ),
            Edit(
                REPOSITORY,
                PAGE,
                PAGE.replace("query.options(WITH_TAGS))).all()", "query.options(LOADED))).unique().all()"),
            ),
            Edit(REPOSITORY, "WITH_TAGS = ", "LOADED = contains_eager(Bookmark.tags)\nWITH_TAGS = "),
            Edit(REPOSITORY, "import selectinload", "import contains_eager, selectinload"),
        ],
        caught_by=PAGES,
        says="rows of a join",
    ),
    Mistake(
        name="counts the rows of a join",
        edits=[Edit(REPOSITORY, COUNT, COUNT.replace("(Bookmark).where", "(Bookmark).outerjoin(Bookmark.tags).where"))],
        caught_by=PAGES,
        says="something else is counted",
    ),
    Mistake(
        name="counts what is on the page",
        edits=[
            Edit(REPOSITORY, COUNT, ""),
            Edit(
                REPOSITORY,
                PAGE,
                """        page = (await self._session.scalars(query.options(WITH_TAGS))).all()
        return len(page), page
""",
            ),
        ],
        caught_by=PAGES,
        says="`next` ends too early",
    ),
    Mistake(
        name="fetches everything and cuts a page out of it",
        edits=[
            Edit(REPOSITORY, QUERY, QUERY.replace(".limit(limit).offset(offset)", "")),
            Edit(REPOSITORY, PAGE, PAGE.replace(".all()", ".all()[offset : offset + limit]")),
        ],
        caught_by=PAGES,
        says="the page is cut out of it afterwards",
    ),
    Mistake(
        name="lists the archived ones, too",
        edits=[Edit(REPOSITORY, "(Bookmark.is_archived == archived, *matching(search))", "matching(search)")],
        caught_by=PAGES,
        says="the archived ones are not left out",
    ),
]

ON_SEARCHES = [
    Mistake(
        name="leaves % and _ their meaning",
        edits=[Edit(REPOSITORY, ".contains(text, autoescape=True)", '.like(f"%{text}%")')],
        caught_by=CHARACTERS,
        says="% stands for any characters",
    ),
    Mistake(
        name="escapes with a backslash that it does not escape",
        edits=[
            Edit(
                REPOSITORY,
                TEXTS,
                r"""    escaped = [text.replace("%", r"\%").replace("_", r"\_") for text in search.texts]
    texts = [Bookmark.search_text.like(f"%{text}%", escape="\\") for text in escaped]
""",
            )
        ],
        caught_by=CHARACTERS,
        says="it has to be escaped itself",
    ),
    Mistake(
        name="pastes what was typed into the statement",
        edits=[
            Edit(
                REPOSITORY,
                TEXTS,
                "    texts = [literal_column(f\"instr(search_text, '{text}')\") > 0 for text in search.texts]\n",
            ),
            Edit(REPOSITORY, "import ColumnElement, ", "import ColumnElement, literal_column, "),
        ],
        caught_by=CHARACTERS,
        says="Searched for",
    ),
    Mistake(
        name="leaves upper and lower case to SQLite",
        edits=[
            Edit(
                REPOSITORY,
                TEXTS,
                """    columns = (Bookmark.title, Bookmark.description, Bookmark.notes, Bookmark.url)
    texts = [or_(*(column.icontains(text, autoescape=True) for column in columns)) for text in search.texts]
""",
            ),
            Edit(REPOSITORY, "import ColumnElement, func, ", "import ColumnElement, func, or_, "),
        ],
        caught_by=FINDS,
        says="know the letters of English alone",
    ),
    Mistake(
        name="is content with one of the words",
        edits=[
            Edit(REPOSITORY, "    return [*texts, *tags]\n", "    return [or_(*texts), *tags] if texts else tags\n"),
            Edit(REPOSITORY, "import ColumnElement, func, ", "import ColumnElement, func, or_, "),
        ],
        caught_by=FINDS,
        says="for every word that was typed",
    ),
    Mistake(
        name="compares the spelling of tags",
        edits=[Edit(REPOSITORY, "Tag.name_key == key", "Tag.name == key")],
        caught_by=FINDS,
        says="by its whole name in any case",
    ),
    Mistake(
        name="takes the beginning of a tag for the tag",
        edits=[Edit(REPOSITORY, "Tag.name_key == key", "Tag.name_key.startswith(key, autoescape=True)")],
        caught_by=FINDS,
        says="by its whole name in any case",
    ),
    Mistake(
        name="wants one tag to have all the names",
        edits=[
            Edit(
                REPOSITORY,
                TAGS,
                "    tags = [Bookmark.tags.any(Tag.name_key.in_(search.tags))] if search.tags else []\n",
            )
        ],
        caught_by=FINDS,
        says="by its whole name in any case",
    ),
]

ON_IMPORTS = [
    Mistake(
        name="saves one link after the other",
        edits=[
            Edit(
                SAVING,
                CHUNKS,
                """    bookmarks = BookmarkRepository(session)
    async for links in chunks:
        for link in links:
            known = await bookmarks.of_url(link.url)
            names = {*(known.tag_names if known else []), *link.tag_names}
            if known:
                await bookmarks.change(known, {"tag_names": names, "date_modified": known.date_modified})
            else:
                await bookmarks.save(_row(link) | {"tag_names": names})
            created, updated = created + (not known), updated + bool(known)
""",
            ),
            Edit(
                SAVING,
                "from shelf.tags.repository",
                "from shelf.bookmarks.repository import BookmarkRepository\nfrom shelf.tags.repository",
            ),
        ],
        caught_by=FEW,
        says="is looked for by itself",
    ),
    Mistake(
        name="adds all bookmarks of a chunk to the session",
        edits=[
            Edit(
                SAVING,
                ADDED,
                """        bookmarks = [Bookmark(**row) for row in rows]
        session.add_all(bookmarks)
        await session.flush()
        ids |= {bookmark.url: bookmark.id for bookmark in bookmarks}
""",
            )
        ],
        caught_by=FEW,
        says="`add_all` does that too",
    ),
    Mistake(
        name="collects all links before it saves one",
        edits=[
            Edit(
                SAVING,
                CHUNKS,
                """    every = [link async for links in chunks for link in links]
    for start in range(0, len(every), 500):
        links = every[start : start + 500]
        new = await _save(session, links)
        created, updated = created + new, updated + len(links) - new
""",
            )
        ],
        caught_by=FEW,
        says="collected before they are saved",
    ),
    Mistake(
        name="keeps every link that it has seen",
        edits=[
            Edit(SAVING, CHUNKS, CHUNKS + "        seen.update({link.url: link for link in links})\n"),
            Edit(SAVING, "    created = updated = 0\n", "    created = updated = 0\n    seen: dict[str, Link] = {}\n"),
        ],
        caught_by=FEW,
        says="or each chunk is kept",
    ),
    Mistake(
        name="adds each link between a bookmark and a tag by itself",
        edits=[
            Edit(
                SAVING,
                "        await session.execute(insert(bookmark_tags), pairs)\n",
                "        for pair in pairs:\n            await session.execute(insert(bookmark_tags), pair)\n",
            )
        ],
        caught_by=FEW,
        says="rows are added one at a time",
    ),
    Mistake(
        name="puts the file in the place of what was there",
        edits=[
            Edit(
                SAVING,
                TAGGING,
                TAGGING
                + """    changes = [_row(link) | {"id": ids[url]} for url, link in by_url.items() if ids[url] in before]
    if changes:
        await session.execute(update(Bookmark), changes)
""",
            ),
            Edit(SAVING, "import insert, select", "import insert, select, update"),
        ],
        caught_by=KEEPS,
        says="that replaces what was there",
    ),
    Mistake(
        name="passes by what is there",
        edits=[
            Edit(
                SAVING,
                TAGGING,
                "    await _tag(session, [one for one in links if ids[one.url] not in before], ids, before)\n",
            )
        ],
        caught_by=KEEPS,
        says="tags of the link are added",
    ),
    Mistake(
        name="replaces the tags that were there",
        edits=[
            Edit(
                SAVING,
                TAGGING,
                """    await session.execute(delete(bookmark_tags).where(bookmark_tags.c.bookmark_id.in_(before)))
"""
                + TAGGING,
            ),
            Edit(SAVING, "import insert, select", "import delete, insert, select"),
        ],
        caught_by=KEEPS,
        says="the link's tags replace those that were there",
    ),
    Mistake(
        name="adds the tags of new bookmarks only once for a URL",
        edits=[Edit(SAVING, TAGGING, "    await _tag(session, by_url.values(), ids, before)\n")],
        caught_by=KEEPS,
        says="only those of the first link count",
    ),
    Mistake(
        name="dates everything today",
        edits=[Edit(SAVING, '"date_added": link.date_added or now()', '"date_added": now()')],
        caught_by=KEEPS,
        says="ADD_DATE is not used",
    ),
    Mistake(
        name="does not expect a URL twice",
        edits=[
            Edit(SAVING, ROWS, "    rows = [_row(link) for link in links if link.url not in ids]\n"),
        ],
        caught_by=KEEPS,
        says="UNIQUE constraint failed",
    ),
    Mistake(
        name="returns the error",
        edits=[
            Edit(
                ROUTER,
                REFUSED,
                'return JSONResponse({"detail": str(error)}, status.HTTP_422_UNPROCESSABLE_CONTENT)\n    return I',
            ),
            Edit(ROUTER, "import StreamingResponse", "import JSONResponse, StreamingResponse"),
        ],
        caught_by=NOTHING,
        says="an error that is returned is none to the session",
    ),
    Mistake(
        name="commits chunk by chunk",
        edits=[
            Edit(ROUTER, "session: SessionDep)", "sessions: SessionsDep)"),
            Edit(ROUTER, "import SessionDep, SessionsDep", "import SessionsDep"),
            Edit(ROUTER, "import_links(session, sent.chunks())", "import_links(sessions, sent.chunks())"),
            Edit(
                SAVING, "        async with session.begin_nested():", "        async with sessions.begin() as session:"
            ),
            Edit(SAVING, "import_links(session: AsyncSession", "import_links(sessions: Sessions"),
            Edit(
                SAVING, "from shelf.tags.repository", "from shelf.database import Sessions\nfrom shelf.tags.repository"
            ),
        ],
        caught_by=NOTHING,
        says="each chunk is committed on its own",
    ),
    Mistake(
        name="takes what it can get",
        edits=[
            Edit(
                ROUTER,
                REFUSED,
                "created = updated = 0\n    return I",
            ),
            Edit(ROUTER, " as error:", ":"),
            Edit(ROUTER, "import APIRouter, HTTPException, UploadFile, status", "import APIRouter, UploadFile"),
        ],
        caught_by=NOTHING,
        says="400 or 422",
    ),
    Mistake(
        name="does not say where",
        edits=[Edit(ROUTER, "detail=str(error)", 'detail="this is no bookmark file"')],
        caught_by=NOTHING,
        says="the message of BookmarkFileError is not passed on",
    ),
]

MISTAKES = [*ON_LISTS, *ON_SEARCHES, *ON_IMPORTS]
