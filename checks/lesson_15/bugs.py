"""Twenty bugs: each a small change of the good service that somebody could make by accident, and callers can see."""

from workshop.mistakes import Bug, Edit

SCHEMAS = "shelf/bookmarks/schemas.py"
BOOKMARKS = "shelf/bookmarks/repository.py"
TAGS = "shelf/tags/repository.py"
LISTS = "shelf/tags/lists.py"
ASKS = "shelf/dependencies.py"
PROBLEMS = "shelf/problems.py"

VALIDATION = "validation"
OWNERSHIP = "ownership"
TRANSACTIONS = "transactions"
QUERIES = "queries"
CACHING = "caching"
ERRORS = "errors"

BUGS = [
    Bug(
        name="any scheme can be saved, ftp too",
        family=VALIDATION,
        edits=[Edit(SCHEMAS, "    AnyHttpUrl(url)\n", "")],
    ),
    Bug(
        name="tags keep the white space around them",
        family=VALIDATION,
        edits=[Edit(SCHEMAS, "StringConstraints(strip_whitespace=True, max_length=64)", "Field(max_length=64)")],
    ),
    Bug(
        name="a PATCH without a title empties the title",
        family=VALIDATION,
        edits=[Edit(SCHEMAS, "    title: Title | MISSING = MISSING\n", '    title: Title = ""\n')],
    ),
    Bug(
        name="who has just turned 18 is refused",
        family=VALIDATION,
        edits=[Edit("shelf/accounts/schemas.py", "Field(ge=18, le=150)", "Field(gt=18, le=150)")],
    ),
    Bug(
        name="a bookmark is found by its number, whoever asks",
        family=OWNERSHIP,
        edits=[Edit(BOOKMARKS, "where(Bookmark.id == bookmark_id, self._own)", "where(Bookmark.id == bookmark_id)")],
    ),
    Bug(
        name="an export holds everybody's bookmarks",
        family=OWNERSHIP,
        edits=[Edit(BOOKMARKS, "where(self._own, Bookmark.id > bookmark_id)", "where(Bookmark.id > bookmark_id)")],
    ),
    Bug(
        name="a tag is found by its number, whoever asks",
        family=OWNERSHIP,
        edits=[Edit(TAGS, "where(Tag.id == tag_id, self._own)", "where(Tag.id == tag_id)")],
    ),
    Bug(
        name="the token of a deactivated account still counts",
        family=OWNERSHIP,
        edits=[
            Edit(
                "shelf/accounts/dependencies.py", "if account is None or not account.is_active:", "if account is None:"
            )
        ],
    ),
    Bug(
        name="nothing of a request is committed",
        family=TRANSACTIONS,
        edits=[Edit(ASKS, "async with sessions.begin() as session:", "async with sessions() as session:")],
    ),
    Bug(
        name="saving a URL again answers 201 and changes nothing",
        family=TRANSACTIONS,
        edits=[Edit(BOOKMARKS, "            return await self.change(known, values)\n", "            return known\n")],
    ),
    Bug(
        name="a file that turns out to be broken is imported up to there",
        family=TRANSACTIONS,
        edits=[
            Edit(
                "shelf/transfer/router.py",
                "        raise InvalidError(str(error)) from error\n",
                "        await session.commit()\n        raise InvalidError(str(error)) from error\n",
            )
        ],
    ),
    Bug(
        name="of bookmarks of one moment the first comes first",
        family=QUERIES,
        edits=[
            Edit(
                BOOKMARKS,
                "(Bookmark.date_added.desc(), Bookmark.id.desc())",
                "(Bookmark.date_added.desc(), Bookmark.id)",
            )
        ],
    ),
    Bug(
        name="% and _ in a search stand for anything",
        family=QUERIES,
        edits=[Edit(BOOKMARKS, "contains(text, autoescape=True)", "contains(text)")],
    ),
    Bug(
        name="the last page names a next one, which is empty",
        family=QUERIES,
        edits=[Edit("shelf/paging.py", "if after < count else None", "if after <= count else None")],
    ),
    Bug(
        name="a change does not show in the list of tags that was kept",
        family=CACHING,
        edits=[Edit(ASKS, "            await cache.outdate(tags_of(owner_id))", "            tags_of(owner_id)")],
    ),
    Bug(
        name="a list of tags is kept without its limit",
        family=CACHING,
        edits=[Edit(LISTS, "{name}:{version}:{limit}:{offset}", "{name}:{version}:{offset}")],
    ),
    Bug(
        name="without Redis there is a 500",
        family=CACHING,
        edits=[
            Edit("shelf/cache.py", "        except Exception as error:  #", "        except TimeoutError as error:  #")
        ],
    ),
    Bug(
        name="a 422 repeats what was sent, passwords too",
        family=ERRORS,
        edits=[Edit(PROBLEMS, 'for key in ("loc", "msg", "type")}', 'for key in ("loc", "msg", "type", "input")}')],
    ),
    Bug(
        name="a 401 does not say how to come in",
        family=ERRORS,
        edits=[Edit(PROBLEMS, "str(error), HEADERS.get(status), **error.facts", "str(error), None, **error.facts")],
    ),
    Bug(
        name="a 500 tells the text of the error",
        family=ERRORS,
        edits=[
            Edit(
                "shelf/middleware.py",
                '500, "Shelf has failed, and has written down why", **facts',
                "500, str(error), **facts",
            )
        ],
    ),
]
