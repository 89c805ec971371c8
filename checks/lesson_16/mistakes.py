"""Wrong answers to lesson 16 that people and language models really give, and the step that catches each."""

from pathlib import Path

from workshop.mistakes import Edit, Mistake

QUERIES = "shelf/statistics/repository.py"
ROUTES = "shelf/statistics/router.py"
STARTER = Path(__file__).parents[2] / "lessons" / "lesson_16"

RIGHT = "test_what_was_right_stays_right"
ONCE = "test_each_bookmark_counts_once_and_for_its_owner"
DAY = "test_a_day_is_a_day_where_the_reader_is"
PREFIX = "test_a_prefix_is_only_a_text_and_tags_cost_no_statements"
ZERO = "test_what_cannot_be_known_is_no_zero"
APART = "test_requests_know_nothing_of_one_another"
HALF = "test_half_is_enough_and_all_of_it_is_used"
TOOLS = "test_the_tools_find_nothing"

USED = "        tags = select(func.count(distinct(bookmark_tags.c.tag_id))).join(Bookmark).where(self._own)\n"
UNREAD = 'func.count().filter(Bookmark.unread).label("unread"),'
COUNT = "func.count(bookmark_tags.c.bookmark_id)  # not of rows: a tag without bookmarks has one of those, too"
BEGIN = "begin = datetime.combine(first, time.min, zone)"
LOCAL = "moment.astimezone(zone).date()"
BEGINS_WITH = "Tag.name_key.startswith(prefix.casefold(), autoescape=True)"
PERCENT = "return 100 * part // whole if whole else 0"
TUPLES = "        found = (await self._session.execute(query)).tuples()\n"
OVERVIEW = "    return await statistics.overview()\n"
SINGLE = "    return StatisticsRepository(session, account.id)\n"
SHARED = """    STATISTICS.__init__(session, account.id)
    return STATISTICS


STATISTICS = StatisticsRepository.__new__(StatisticsRepository)
"""

MISTAKES = [
    Mistake(
        name="takes the guard against nothing out with the noise",
        edits=[Edit(QUERIES, PERCENT, "return 100 * part // whole")],
        caught_by=RIGHT,
        says="dividing by nothing",
    ),
    Mistake(
        name="reckons hundredths as floats",
        edits=[Edit(QUERIES, PERCENT, "return int(part / whole * 100) if whole else 0")],
        caught_by=RIGHT,
        says="28.999999999999996",
    ),
    Mistake(
        name="counts the one row of a tag without bookmarks",
        edits=[Edit(QUERIES, COUNT, "func.count()")],
        caught_by=RIGHT,
        says="COUNT(*) counts it",
    ),
    Mistake(
        name="mends the leak by counting all tags of the owner",
        edits=[Edit(QUERIES, USED, "        tags = select(func.count()).select_from(Tag).where(self._own_tags)\n")],
        caught_by=RIGHT,
        says="tags that no bookmark has are counted as well",
    ),
    Mistake(
        name="expects one error of a zone's name, where there are three",
        edits=[
            Edit(ROUTES, "zone: ZoneInfo = UTC) -> DayList:", 'zone: str = "UTC") -> DayList:'),
            Edit(
                ROUTES,
                "    last = until or datetime.now(zone).date()\n",
                """    try:
        place = ZoneInfo(zone)
    except ZoneInfoNotFoundError as error:
        raise InvalidError("there is no such time zone") from error
    last = until or datetime.now(place).date()
""",
            ),
            Edit(ROUTES, "added(first, last, zone)", "added(first, last, place)"),
            Edit(ROUTES, "zone=zone.key", "zone=zone"),
            Edit(ROUTES, "from zoneinfo import ZoneInfo\n", "from zoneinfo import ZoneInfo, ZoneInfoNotFoundError\n"),
            Edit(
                ROUTES,
                "from shelf.dependencies import SessionDep\n",
                "from shelf.dependencies import SessionDep\nfrom shelf.errors import InvalidError\n",
            ),
        ],
        caught_by=RIGHT,
        says="ZoneInfo raises more than one kind of error",
    ),
    Mistake(
        name="sums up over a join",
        edits=[
            Edit(QUERIES, UNREAD, 'func.count(bookmark_tags.c.tag_id).filter(Bookmark.unread).label("unread"),'),
            Edit(
                QUERIES, "execute(query.where(self._own))", "execute(query.outerjoin(bookmark_tags).where(self._own))"
            ),
        ],
        caught_by=ONCE,
        says="that gives a row for each tag",
    ),
    Mistake(
        name="counts everybody's tags",
        edits=[Edit(QUERIES, ".join(Bookmark).where(self._own)\n", "\n")],
        caught_by=ONCE,
        says="a query that does not know the owner",
    ),
    Mistake(
        name="keeps what was counted, by owner",
        edits=[
            Edit(
                ROUTES,
                OVERVIEW,
                """    if statistics.owner_id not in KEPT:
        KEPT[statistics.owner_id] = await statistics.overview()
    return KEPT[statistics.owner_id]
""",
            ),
            Edit(ROUTES, 'UTC = ZoneInfo("UTC")\n', 'UTC = ZoneInfo("UTC")\nKEPT: dict[int, Overview] = {}\n'),
            Edit(
                QUERIES,
                "        self._session = session\n",
                "        self._session, self.owner_id = session, owner_id\n",
            ),
        ],
        caught_by=ONCE,
        says="answers are kept",
    ),
    Mistake(
        name="has days of UTC, whatever the zone",
        edits=[Edit(QUERIES, LOCAL, "moment.date()")],
        caught_by=DAY,
        says="days are those of UTC",
    ),
    Mistake(
        name="adds the zone's distance from UTC, as it is on the first day",
        edits=[Edit(QUERIES, LOCAL, "(moment + (begin.utcoffset() or timedelta())).date()")],
        caught_by=DAY,
        says="not all days have 24 hours",
    ),
    Mistake(
        name="begins the window so many days before its end",
        edits=[
            Edit(QUERIES, BEGIN, "begin = datetime.combine(last, time.max, zone) - (last - first)"),
        ],
        caught_by=DAY,
        says="the window does not begin with the first moment of its first day",
    ),
    Mistake(
        name="takes today from the clock of UTC",
        edits=[Edit(ROUTES, "datetime.now(zone).date()", "datetime.now(UTC).date()")],
        caught_by=DAY,
        says="'today' is that of the server, or of UTC",
    ),
    Mistake(
        name="doubles the quotes, and writes the prefix into the SQL",
        edits=[
            Edit(
                QUERIES,
                BEGINS_WITH,
                """text("name_key LIKE '" + prefix.casefold().replace("'", "''").replace(":", "\\\\:") + "%'")""",
            ),
            Edit(QUERIES, "distinct, func, select\n", "distinct, func, select, text\n"),
        ],
        caught_by=PREFIX,
        says="has become a part of the SQL, or of its pattern",
    ),
    Mistake(
        name="lets the prefix be a pattern",
        edits=[Edit(QUERIES, BEGINS_WITH, "Tag.name_key.startswith(prefix.casefold())")],
        caught_by=PREFIX,
        says="has become a part of the SQL, or of its pattern",
    ),
    Mistake(
        name="counts the bookmarks of each tag by itself",
        edits=[
            Edit(QUERIES, "select(Tag.name, count, total)", "select(Tag.name, count, total, Tag.id)"),
            Edit(
                QUERIES,
                "whole in found]",
                "whole, _ in found]",
            ),
            Edit(
                QUERIES,
                TUPLES,
                """        found = list((await self._session.execute(query)).tuples())
        for _, _, _, tag_id in found:
            alone = select(func.count()).select_from(bookmark_tags).where(bookmark_tags.c.tag_id == tag_id)
            await self._session.scalar(alone)
""",
            ),
        ],
        caught_by=PREFIX,
        says="a statement for each row or day, in a loop",
    ),
    Mistake(
        name="keeps the zeros, and catches only what the database raises",
        edits=[
            Edit(
                ROUTES,
                OVERVIEW,
                """    try:
        return await statistics.overview()
    except SQLAlchemyError:
        nothing = dict.fromkeys(("bookmarks", "archived", "unread", "tags", "tagged_percent"), 0)
        return Overview(**nothing, first_added=None, last_added=None)
""",
            ),
            Edit(
                ROUTES,
                "from fastapi import APIRouter, Depends, Query\n",
                "from fastapi import APIRouter, Depends, Query\nfrom sqlalchemy.exc import SQLAlchemyError\n",
            ),
        ],
        caught_by=ZERO,
        says="an `except` turns each failure into numbers",
    ),
    Mistake(
        name="takes the lock away, and keeps the one object for all",
        edits=[
            Edit(ROUTES, SINGLE, SHARED),
            Edit(
                QUERIES,
                "        found = (await self._session.execute(query.where(self._own))).one()\n",
                """        found = (await self._session.execute(query.where(self._own))).one()
        found = (await self._session.execute(query.where(self._own))).one()
""",
            ),
        ],
        caught_by=APART,
        says="requests share an object",
    ),
    Mistake(
        name="puts a lock of asyncio in the place of the other one",
        edits=[
            Edit(ROUTES, OVERVIEW, "    async with ONE_AT_A_TIME:\n        return await statistics.overview()\n"),
            Edit(
                ROUTES,
                'UTC = ZoneInfo("UTC")\n',
                'UTC = ZoneInfo("UTC")\nONE_AT_A_TIME = asyncio.Lock()\n',
            ),
            Edit(ROUTES, "from datetime import date,", "import asyncio\nfrom datetime import date,"),
        ],
        caught_by=APART,
        says="requests take turns, by a lock",
    ),
    Mistake(
        name="mends what it finds, and leaves the layers",
        files={
            file.relative_to(STARTER).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(STARTER.glob("shelf/statistics/*.py"))
        },
        caught_by=HALF,
        says="layers that only pass something on",
    ),
    Mistake(
        name="keeps a helper and its error, in case somebody needs them",
        edits=[
            Edit(
                QUERIES,
                "def percent(",
                """class StatisticsError(Exception):
    \"\"\"Statistics cannot be had.\"\"\"


def checked(whole: int) -> int:
    \"\"\"Return `whole` if it is a count; raise StatisticsError if it is none.\"\"\"
    if whole < 0:
        raise StatisticsError
    return whole


def percent(""",
            )
        ],
        caught_by=HALF,
        says="checked (repository.py)",
    ),
    Mistake(
        name="tells the tools not to look",
        edits=[
            Edit(
                QUERIES,
                TUPLES,
                "        try:\n    " + TUPLES + "        except Exception:  # noqa: BLE001\n            return []\n",
            ),
        ],
        caught_by=TOOLS,
        says="A `noqa` hides a finding from you",
    ),
    Mistake(
        name="leaves it to the reader what comes back",
        edits=[Edit(QUERIES, "zone: ZoneInfo) -> Counter[date]:", "zone: ZoneInfo) -> dict:")],
        caught_by=TOOLS,
        says="mypy --strict says",
    ),
]
