"""Typical wrong answers to lesson 09."""

from workshop.mistakes import Edit, Mistake

ACCOUNTS = "shelf/accounts/dependencies.py"
BOOKMARKS = "shelf/bookmarks/repository.py"
PASSWORDS = "shelf/accounts/passwords.py"
SCHEMAS = "shelf/accounts/schemas.py"
SERVICE = "shelf/accounts/service.py"
TAGS = "shelf/tags/repository.py"
TOKENS = "shelf/accounts/tokens.py"

REST = "test_a_password_is_nowhere_at_rest"
SAME = "test_an_unknown_name_looks_and_costs_like_a_wrong_password"
BUSY = "test_hashing_stops_nobody"
TOKEN = "test_only_tokens_of_shelf_count"
ONE = "test_anothers_bookmark_does_not_exist"
MANY = "test_many_at_once_are_ones_own_too"
ADMINS = "test_admins_only_where_admins_only"
OUT = "test_a_deactivated_account_is_out_at_once"

HASHES = "    return await to_thread.run_sync(_hasher.hash, password, limiter=_few)\n"
COMPARES = (
    "    right, renewed = await to_thread.run_sync"
    "(_hasher.verify_and_update, password, kept or _nobodys, limiter=_few)\n"
)
ANSWERS = "    return (right, renewed) if kept else (False, None)\n"
MAKES = "_hasher = PasswordHash.recommended()\n"
IMPORTS = "import secrets\n"
PWDLIB = "from pwdlib import PasswordHash\n"
ASKS = """        async with self._sessions() as session:
            account = await AccountRepository(session).named(username)
        right, renewed = await compare_password(password, account.password_hash if account else None)
        if account is None or not right or not account.is_active:
            raise NotSignedInError("the username or the password is wrong")
"""
KEPT = """        right, renewed = await compare_password(password, account.password_hash if account else None)
"""
CLAIMS = '    claims = {"sub": str(account_id), "iat": now, "exp": until, "iss": SHELF, "aud": SHELF}\n'
SIGNS = "    return jwt.encode(claims, settings.secret_key.get_secret_value(), ALGORITHM)\n"
READS = (
    '        claims = jwt.decode(token, key, [ALGORITHM], options={"require": CLAIMS}, audience=SHELF, issuer=SHELF)\n'
)
GETS = "        query = select(Bookmark).where(Bookmark.id == bookmark_id, self._own)\n"
ACTIVE = "    if account is None or not account.is_active:\n"
SUPER = """    if not account.is_superuser:
        raise ForbiddenError("only superusers may do this")
"""


def reads(new: str) -> Edit:
    """The edit that decodes a token in another way."""
    return Edit(TOKENS, READS, f"        claims = jwt.decode({new})\n")


ON_PASSWORDS = [
    Mistake(
        name="keeps the password",
        edits=[
            Edit(PASSWORDS, HASHES, "    return password\n"),
            Edit(PASSWORDS, COMPARES + ANSWERS, "    return password == kept, None\n"),
        ],
        caught_by=REST,
        says="kept, printed or answered as it came",
    ),
    Mistake(
        name="keeps a bare SHA-256",
        edits=[
            Edit(PASSWORDS, IMPORTS, "import hashlib\n" + IMPORTS),
            Edit(PASSWORDS, HASHES, "    return hashlib.sha256(password.encode()).hexdigest()\n"),
            Edit(PASSWORDS, COMPARES + ANSWERS, "    return await hash_password(password) == kept, None\n"),
        ],
        caught_by=REST,
        says="a hash that is made in a moment",
    ),
    Mistake(
        name="uses pbkdf2",
        edits=[
            Edit(PASSWORDS, IMPORTS, "import hashlib\n" + IMPORTS),
            Edit(
                PASSWORDS, HASHES, '    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"salty", 1000).hex()\n'
            ),
            Edit(PASSWORDS, COMPARES + ANSWERS, "    return await hash_password(password) == kept, None\n"),
        ],
        caught_by=REST,
        says="it is made in another way",
    ),
    Mistake(
        name="uses one salt for all",
        edits=[
            Edit(
                PASSWORDS,
                HASHES,
                '    work = lambda: _hasher.hash(password, salt=b"the salt of Shelf")\n'
                "    return await to_thread.run_sync(work, limiter=_few)\n",
            )
        ],
        caught_by=REST,
        says="the salt is fixed",
    ),
    Mistake(
        name="makes argon2 cheap",
        edits=[
            Edit(PASSWORDS, MAKES, "_hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024),))\n"),
            Edit(PASSWORDS, PWDLIB, f"{PWDLIB}from pwdlib.hashers.argon2 import Argon2Hasher\n"),
        ],
        caught_by=REST,
        says="the parameters are cheap",
    ),
    Mistake(
        name="logs the log-ins that failed",
        edits=[
            Edit(
                SERVICE,
                '            raise NotSignedInError("the username or the password is wrong")\n',
                '            logging.getLogger("shelf").warning("refused: %s", vars())\n'
                '            raise NotSignedInError("the username or the password is wrong")\n',
            ),
            Edit(SERVICE, "from collections.abc", "import logging\nfrom collections.abc"),
        ],
        caught_by=REST,
        says="kept, printed or answered as it came",
    ),
    Mistake(
        name="answers the row, hash and all",
        edits=[
            Edit(
                SCHEMAS,
                "    id: int\n    date_joined: datetime\n",
                "    id: int\n    date_joined: datetime\n    password_hash: str | None\n",
            )
        ],
        caught_by=REST,
        says="an answer without the hash",
    ),
]
ON_LOG_INS = [
    Mistake(
        name="answers at once where there is nobody",
        edits=[
            Edit(
                SERVICE,
                KEPT,
                "        if account is None:\n"
                '            raise NotSignedInError("the username or the password is wrong")\n' + KEPT,
            )
        ],
        caught_by=SAME,
        says="the answer goes out before any password is looked at",
    ),
    Mistake(
        name="has words for a name that nobody has",
        edits=[
            Edit(
                SERVICE,
                "        if account is None or not right",
                '        if account is None:\n            raise NotSignedInError("there is no such account")\n'
                "        if not right",
            )
        ],
        caught_by=SAME,
        says="each with words of its own",
    ),
    Mistake(
        name="tells who is not active",
        edits=[
            Edit(
                SERVICE,
                KEPT,
                KEPT + "        if account is not None and not account.is_active:\n"
                '            raise ForbiddenError("this account is not active")\n',
            ),
            Edit(SERVICE, "import NotFoundError", "import ForbiddenError, NotFoundError"),
        ],
        caught_by=SAME,
        says="each reason has a status of its own",
    ),
    Mistake(
        name="lets in who is not active",
        edits=[Edit(SERVICE, "not right or not account.is_active", "not right")],
        caught_by=SAME,
        says="the log-in looks at the password alone",
    ),
    Mistake(
        name="makes a hash for nobody each time",
        edits=[
            Edit(
                PASSWORDS,
                COMPARES,
                "    kept_or_made = kept or await hash_password(secrets.token_urlsafe())\n"
                + COMPARES.replace("kept or _nobodys", "kept_or_made"),
            )
        ],
        caught_by=SAME,
        says="made anew for each of these log-ins",
    ),
    Mistake(
        name="hashes on the loop",
        edits=[
            Edit(PASSWORDS, HASHES, "    return _hasher.hash(password)\n"),
            Edit(
                PASSWORDS,
                COMPARES,
                "    right, renewed = _hasher.verify_and_update(password, kept or _nobodys)\n",
            ),
        ],
        caught_by=BUSY,
        says="`async` does not move work elsewhere",
    ),
    Mistake(
        name="compares on the loop",
        edits=[
            Edit(
                PASSWORDS,
                COMPARES,
                "    right, renewed = _hasher.verify_and_update(password, kept or _nobodys)\n",
            )
        ],
        caught_by=BUSY,
        says="A log-in has its password hashed in the thread of the event loop",
    ),
    Mistake(
        name="hashes in the threads of everybody",
        edits=[
            Edit(PASSWORDS, HASHES, HASHES.replace(", limiter=_few", "")),
            Edit(PASSWORDS, COMPARES, COMPARES.replace(", limiter=_few", "")),
        ],
        caught_by=BUSY,
        says="the threads are those of everybody",
    ),
    Mistake(
        name="makes a limit for each log-in",
        edits=[Edit(PASSWORDS, COMPARES, COMPARES.replace("limiter=_few", "limiter=CapacityLimiter(2)"))],
        caught_by=BUSY,
        says="passwords are being hashed at the same time",
    ),
    Mistake(
        name="keeps a connection while it hashes",
        edits=[
            Edit(
                SERVICE,
                ASKS,
                ASKS.replace("\n        ", "\n            ").replace(" " * 16 + "account", " " * 12 + "account"),
            )
        ],
        caught_by=BUSY,
        says="each log-in keeps a connection of the database",
    ),
]
ON_TOKENS = [
    Mistake(
        name="takes the algorithm from the token",
        edits=[
            reads(
                'token, key, [jwt.get_unverified_header(token)["alg"]], options={"require": CLAIMS}, '
                "audience=SHELF, issuer=SHELF"
            )
        ],
        caught_by=TOKEN,
        says="the algorithm is taken from the token's header",
    ),
    Mistake(
        name="allows every HMAC",
        edits=[
            reads('token, key, ["HS256", "HS384", "HS512"], options={"require": CLAIMS}, audience=SHELF, issuer=SHELF')
        ],
        caught_by=TOKEN,
        says="several are allowed",
    ),
    Mistake(
        name="requires nothing",
        edits=[reads("token, key, [ALGORITHM], audience=SHELF, issuer=SHELF")],
        caught_by=TOKEN,
        says="a claim that is missing is not looked at",
    ),
    Mistake(
        name="does not verify the signature",
        edits=[reads('token, options={"verify_signature": False, "require": CLAIMS}')],
        caught_by=TOKEN,
        says="the signature is not verified",
    ),
    Mistake(
        name="does not ask for whom a token is",
        edits=[reads('token, key, [ALGORITHM], options={"require": CLAIMS, "verify_aud": False}, issuer=SHELF')],
        caught_by=TOKEN,
        says="a token that was made for another service counts here",
    ),
    Mistake(
        name="trusts that `sub` is a number",
        edits=[
            Edit(
                TOKENS,
                '    if not ACCOUNT_ID.fullmatch(claims["sub"]):\n'
                '        raise NotSignedInError("the token does not count")\n',
                "",
            )
        ],
        caught_by=TOKEN,
        says="ValueError: invalid literal for int()",
    ),
    Mistake(
        name="signs a number as `sub`",
        edits=[Edit(TOKENS, '{"sub": str(account_id),', '{"sub": account_id,')],
        caught_by=TOKEN,
        says="the standard wants a string",
    ),
    Mistake(
        name="takes the time without its zone",
        edits=[
            Edit(TOKENS, "datetime.now(UTC)", "datetime.now()"),
            Edit(TOKENS, "from datetime import UTC, datetime", "from datetime import datetime"),
        ],
        caught_by=TOKEN,
        says="a moment without a time zone was taken for UTC",
    ),
    Mistake(
        name="signs with a key in the code",
        edits=[
            Edit(
                TOKENS, SIGNS, '    return jwt.encode(claims, "a key in the code, for whoever reads it", ALGORITHM)\n'
            ),
            Edit(
                TOKENS,
                "    key = settings.secret_key.get_secret_value()\n",
                '    key = "a key in the code, for whoever reads it"\n',
            ),
        ],
        caught_by=TOKEN,
        says="one that stands in the code",
    ),
    Mistake(
        name="never lets a token end",
        edits=[
            Edit(TOKENS, ', "exp": until,', ","),
            Edit(TOKENS, 'CLAIMS = ["exp", ', "CLAIMS = ["),
        ],
        caught_by=TOKEN,
        says="a token that is lost opens the account for ever",
    ),
    Mistake(
        name="answers 401 without a challenge",
        edits=[Edit("shelf/problems.py", "HEADERS.get(status)", "None")],
        caught_by=TOKEN,
        says="a handler of errors drops it",
    ),
]
ON_OWNERS = [
    Mistake(
        name="finds a bookmark by its id alone",
        edits=[Edit(BOOKMARKS, GETS, GETS.replace(", self._own", ""))],
        caught_by=ONE,
        says="it is looked up by its id alone",
    ),
    Mistake(
        name="answers 403 for what is another's",
        edits=[
            Edit(
                BOOKMARKS,
                GETS + "        return await self._session.scalar(query.options(WITH_TAGS))\n",
                GETS.replace(", self._own", "")
                + "        found = await self._session.scalar(query.options(WITH_TAGS))\n"
                "        if found is not None and found.owner_id != self._owner_id:\n"
                '            raise ForbiddenError("this bookmark is not yours")\n'
                "        return found\n",
            ),
            Edit(
                BOOKMARKS, "from shelf.errors import TakenError", "from shelf.errors import ForbiddenError, TakenError"
            ),
        ],
        caught_by=ONE,
        says="a 403 tells that it is there",
    ),
    Mistake(
        name="has other words for what is another's",
        edits=[
            Edit(
                BOOKMARKS,
                GETS + "        return await self._session.scalar(query.options(WITH_TAGS))\n",
                GETS.replace(", self._own", "")
                + "        found = await self._session.scalar(query.options(WITH_TAGS))\n"
                "        if found is not None and found.owner_id != self._owner_id:\n"
                '            raise NotFoundError("you have no such bookmark")\n'
                "        return found\n",
            ),
            Edit(
                BOOKMARKS, "from shelf.errors import TakenError", "from shelf.errors import NotFoundError, TakenError"
            ),
        ],
        caught_by=ONE,
        says="refused in words of its own",
    ),
    Mistake(
        name="forgets the owner on PATCH and PUT",
        edits=[
            Edit(
                "shelf/bookmarks/service.py",
                "        return await self._bookmarks.change(await self.get(bookmark_id), sent.model_dump())\n",
                "        found = await self._bookmarks.anybodys(bookmark_id)\n"
                "        if found is None:\n"
                '            raise NotFoundError("no such bookmark")\n'
                "        return await self._bookmarks.change(found, sent.model_dump())\n",
            ),
            Edit(
                BOOKMARKS,
                "    async def of_url(",
                "    async def anybodys(self, bookmark_id: int) -> Bookmark | None:\n"
                '        """Return the bookmark with this id."""\n'
                "        return await self._session.get(Bookmark, bookmark_id, options=[WITH_TAGS])\n\n"
                "    async def of_url(",
            ),
        ],
        caught_by=ONE,
        says="one that forgets is enough",
    ),
    Mistake(
        name="finds a tag by its id alone",
        edits=[Edit(TAGS, "where(Tag.id == tag_id, self._own)", "where(Tag.id == tag_id)")],
        caught_by=ONE,
        says="A tag of somebody else",
    ),
    Mistake(
        name="refreshes everybody's",
        edits=[
            Edit(
                BOOKMARKS,
                "select(Bookmark).where(self._own).order_by(Bookmark.id.desc())",
                "select(Bookmark).order_by(Bookmark.id.desc())",
            )
        ],
        caught_by=MANY,
        says="`all` means everybody's",
    ),
    Mistake(
        name="exports everybody's",
        edits=[Edit(BOOKMARKS, "where(self._own, Bookmark.id > bookmark_id)", "where(Bookmark.id > bookmark_id)")],
        caught_by=MANY,
        says="The file that he exports holds",
    ),
    Mistake(
        name="looks a URL up among everybody's",
        edits=[Edit(BOOKMARKS, "where(self._own, either)", "where(either)")],
        caught_by=MANY,
        says="this query does not ask for the owner",
    ),
    Mistake(
        name="searches everybody's",
        edits=[Edit(BOOKMARKS, "found = (self._own, ", "found = (")],
        caught_by=MANY,
        says="this query does not ask for the owner",
    ),
    Mistake(
        name="shares tags",
        edits=[Edit(TAGS, "where(self._own, chosen)", "where(chosen)")],
        caught_by=MANY,
        says="what is unique is unique for everybody",
    ),
]
ON_ADMINS = [
    Mistake(
        name="lets everybody be an admin",
        edits=[Edit(ACCOUNTS, SUPER, "")],
        caught_by=ADMINS,
        says="asks who is there, and not whether they are a superuser",
    ),
    Mistake(
        name="answers 401 to who is no superuser",
        edits=[
            Edit(
                ACCOUNTS,
                '        raise ForbiddenError("only superusers may do this")\n',
                '        raise NotSignedInError("only superusers may do this")\n',
            )
        ],
        caught_by=ADMINS,
        says="403 says that they may not",
    ),
    Mistake(
        name="lets whoever signs up choose their rights",
        edits=[
            Edit(
                SCHEMAS,
                "    password: Annotated[SecretStr, Field(min_length=12, max_length=1024)]\n",
                "    password: Annotated[SecretStr, Field(min_length=12, max_length=1024)]\n"
                "    is_superuser: bool = False\n",
            )
        ],
        caught_by=ADMINS,
        says="with fields that nobody may send",
    ),
    Mistake(
        name="believes a token until it ends",
        edits=[Edit(ACCOUNTS, ACTIVE, "    if account is None:\n")],
        caught_by=OUT,
        says="the token is believed until it expires",
    ),
    Mistake(
        name="leaves a route open",
        edits=[
            Edit(
                "shelf/bookmarks/links.py",
                ', tags=["links"], dependencies=[Depends(get_account)])',
                ', tags=["links"])',
            )
        ],
        caught_by=OUT,
        says="the route asks for nobody",
    ),
]
MISTAKES = [*ON_PASSWORDS, *ON_LOG_INS, *ON_TOKENS, *ON_OWNERS, *ON_ADMINS]
