"""Wrong answers to lesson 10 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

FENCE = "shelf/fence.py"
PAGES = "shelf/pages.py"
LINKS = "shelf/bookmarks/links.py"
KEYS = "shelf/keys/service.py"
ASKING = "shelf/accounts/dependencies.py"
LAYERS = "shelf/middleware.py"

ONCE = "test_a_key_is_shown_once_and_kept_as_a_hash"
REVOKED = "test_a_revoked_key_is_out_at_once"
USED = "test_last_used_is_kept_without_a_write_a_request"
CLIENT = "test_the_python_client_of_linkding_works"
HOSTS = "test_only_hosts_that_are_configured_are_served"

INSIDE = "test_pages_inside_are_not_fetched"
ROUND = "test_a_name_or_a_redirect_leads_no_way_round"
LISTED = "test_what_is_listed_is_let_through"

CONNECTOR = """    connector = aiohttp.TCPConnector(socket_factory=fence.open_socket)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
"""
PUBLIC = """    address = _unwrapped(address)
    if isinstance(address, IPv6Address) and address not in HANDED_OUT:
        return False
    return address.is_global and not address.is_multicast
"""
CHECK = """        found = ip_address(address)
        if not is_public(found) and not any(found in network for network in self.allowed):
"""
GET = "            async with self.session.get(url, timeout=timeout) as answer:\n"
LOOKING = """

async def _look_up(url: yarl.URL, fence: Fence) -> None:
    for info in await asyncio.get_running_loop().getaddrinfo(url.host, None, type=socket.SOCK_STREAM):
        fence.check(info[4][0])
"""
IMPORTS = Edit(PAGES, "import aiohttp\n", "import aiohttp\nimport yarl\n")
IMPORT_SOCKET = Edit(PAGES, "import asyncio\n", "import asyncio\nimport socket\n")
TYPES = 'HTML_TYPES = {"text/html", "application/xhtml+xml"}\n'
JUDGING = """

class _Judging(aiohttp.ThreadedResolver):
    def __init__(self, fence: Fence) -> None:
        super().__init__()
        self._fence = fence

    async def resolve(self, host, port=0, family=socket.AF_INET):
        found = await super().resolve(host, port, family)
        for each in found:
            self._fence.check(each["host"])
        return found
"""


def session(*options: str) -> str:
    """The end of `open_session`, with these keywords."""
    return f"    return aiohttp.ClientSession({', '.join([*options, 'cookie_jar=aiohttp.DummyCookieJar()'])})\n"


ON_THE_FENCE = [
    Mistake(
        name="looks at the text of the URL",
        edits=[
            Edit(PAGES, CONNECTOR, session("middlewares=(_look,)")),
            Edit(
                PAGES,
                TYPES,
                TYPES
                + """BLOCKED = ("localhost", "127.", "10.", "172.16.", "192.168.", "169.254.", "0.", "::", "f")


async def _look(request, fetch):
    if (request.url.host or "").startswith(BLOCKED):
        raise OSError("blocked")
    return await fetch(request)
""",
            ),
        ],
        caught_by=ROUND,
        says="a look at the text of the URL does not tell where a name leads",
    ),
    Mistake(
        name="asks whether an address is private",
        edits=[Edit(FENCE, PUBLIC, "    return not _unwrapped(address).is_private\n")],
        caught_by=INSIDE,
        says="this address is not `is_private`",
    ),
    Mistake(
        name="asks whether an address is global, and forgets multicast",
        edits=[Edit(FENCE, "address.is_global and not address.is_multicast", "address.is_global")],
        caught_by=INSIDE,
        says="multicast is `is_global`",
    ),
    Mistake(
        name="does not look into addresses that wrap others",
        edits=[Edit(FENCE, PUBLIC, "    return address.is_global and not address.is_multicast\n")],
        caught_by=INSIDE,
        says="the inner one is never looked at",
    ),
    Mistake(
        name="judges by the beginning of an address",
        edits=[
            Edit(
                FENCE,
                PUBLIC,
                """    wide = ("0.", "10.", "100.", "127.", "169.254.", "172.", "192.", "198.")
    address = _unwrapped(address)
    if isinstance(address, IPv6Address):
        return address in HANDED_OUT
    return not str(address).startswith(wide) and not address.is_multicast
""",
            )
        ],
        caught_by=INSIDE,
        says="it judges by the beginning of an address",
    ),
    Mistake(
        name="looks up and judges, and lets aiohttp look up again",
        edits=[
            IMPORTS,
            IMPORT_SOCKET,
            Edit(PAGES, CONNECTOR, session("middlewares=(_looking(fence),)")),
            Edit(
                PAGES,
                TYPES,
                TYPES
                + LOOKING
                + """

def _looking(fence: Fence):
    async def look(request, fetch):
        await _look_up(request.url, fence)
        return await fetch(request)

    return look
""",
            ),
        ],
        caught_by=ROUND,
        says="what was judged is not what was connected to",
    ),
    Mistake(
        name="looks at the first URL only",
        edits=[
            IMPORTS,
            IMPORT_SOCKET,
            Edit(PAGES, CONNECTOR, session()),
            Edit(PAGES, GET, "            await _look_up(yarl.URL(url), Fence())\n" + GET),
            Edit(PAGES, TYPES, TYPES + LOOKING),
        ],
        caught_by=ROUND,
        says="where its page sends the visitor, nobody asks",
    ),
    Mistake(
        name="judges look-ups, which a bare address does not need",
        edits=[
            IMPORT_SOCKET,
            Edit(PAGES, CONNECTOR, session("connector=aiohttp.TCPConnector(resolver=_Judging(fence))")),
            Edit(PAGES, TYPES, TYPES + JUDGING),
        ],
        caught_by=INSIDE,
        says="a bare address needs none",
    ),
    Mistake(
        name="judges the address of a connection that is there already",
        edits=[
            Edit(PAGES, CONNECTOR, session("connector=_Checked(fence)")),
            Edit(
                PAGES,
                TYPES,
                TYPES
                + """

class _Checked(aiohttp.TCPConnector):
    def __init__(self, fence: Fence) -> None:
        super().__init__()
        self._fence = fence

    async def connect(self, *args, **more):
        connection = await super().connect(*args, **more)
        self._fence.check(connection.transport.get_extra_info("peername")[0])
        return connection
""",
            ),
        ],
        caught_by=INSIDE,
        says="judged when the connection is there",
    ),
    Mistake(
        name="follows no redirect at all",
        edits=[Edit(PAGES, "self.session.get(url, timeout", "self.session.get(url, allow_redirects=False, timeout")],
        caught_by=ROUND,
        says="redirects are not followed at all",
    ),
    Mistake(
        name="forgets the press",
        edits=[Edit(LINKS, "print_page(url, fence.connect)", "print_page(url)")],
        caught_by=INSIDE,
        says="the press makes its own connections",
    ),
    Mistake(
        name="judges what the press connects to, and lets it look up again",
        edits=[
            Edit(
                FENCE,
                "socket.create_connection((found, place[1]), timeout)",
                "socket.create_connection(place, timeout)",
            )
        ],
        caught_by=ROUND,
        says="the press",
    ),
    Mistake(
        name="forgets the list",
        edits=[Edit(FENCE, CHECK, "        if not is_public(ip_address(address)):\n")],
        caught_by=LISTED,
        says="the list is not used",
    ),
    Mistake(
        name="opens the fence as soon as something is listed",
        edits=[Edit(FENCE, "not any(found in network for network in self.allowed)", "not self.allowed")],
        caught_by=LISTED,
        says="one entry in it opens the fence for all",
    ),
    Mistake(
        name="compares the list as text",
        edits=[
            Edit(
                FENCE,
                "any(found in network for network in self.allowed)",
                'any(address.startswith(str(each).partition("/")[0]) for each in self.allowed)',
            )
        ],
        caught_by=LISTED,
        says="networks are not understood",
    ),
]

HASHED = "    return hashlib.sha256(key.encode()).hexdigest()\n"
FOUND = "            kept, account = await KeyRepository(session).of_hash(hash_key(key)) or (None, None)\n"
NOTED = """            if kept.last_used is None or kept.last_used < now - SELDOM:
                kept.last_used = now
"""
OWN = "        async with self._sessions.begin() as session:\n" + FOUND
IMPORT_SELECT = Edit(
    KEYS,
    "from shelf.accounts.models import Account\n",
    "from shelf.accounts.models import Account\nfrom sqlalchemy import select\n",
)

ON_KEYS = [
    Mistake(
        name="makes keys of a clock and a few digits",
        edits=[
            Edit(
                KEYS,
                "MARK + secrets.token_urlsafe(32)",
                'MARK + f"{uuid.uuid1().hex[:8]}{secrets.randbelow(10**6):06}"',
            ),
            Edit(KEYS, "import secrets\n", "import secrets\nimport uuid\n"),
        ],
        caught_by=ONCE,
        says="too little chance",
    ),
    Mistake(
        name="keeps the key as it came",
        edits=[Edit(KEYS, HASHED, "    return key\n")],
        caught_by=ONCE,
        says="stands in the table api_keys, as it came",
    ),
    Mistake(
        name="takes base64 for a hash",
        edits=[
            Edit(KEYS, HASHED, "    return base64.b64encode(key.encode()).decode()\n"),
            Edit(KEYS, "import hashlib\n", "import base64\n"),
        ],
        caught_by=ONCE,
        says="stands in the table api_keys, in base64",
    ),
    Mistake(
        name="prints the key for whoever debugs",
        edits=[
            Edit(
                KEYS,
                "        async with self._sessions.begin() as session:\n            return",
                '        print("made", key)\n        async with self._sessions.begin() as session:\n            return',
            )
        ],
        caught_by=ONCE,
        says="stands in what Shelf has printed",
    ),
    Mistake(
        name="finds a key by its prefix, and compares nothing else",
        edits=[
            IMPORT_SELECT,
            Edit(
                KEYS,
                FOUND,
                """            kept = await session.scalar(select(ApiKey).where(ApiKey.prefix == key[:SHOWN]))
            account = await session.get(Account, kept.owner_id) if kept else None
""",
            ),
        ],
        caught_by=ONCE,
        says="the rest is not compared",
    ),
    Mistake(
        name="lets in whoever shows a hash",
        edits=[
            Edit(
                KEYS,
                FOUND,
                """            keys = KeyRepository(session)
            kept, account = await keys.of_hash(hash_key(key)) or await keys.of_hash(key) or (None, None)
""",
            ),
            Edit(ASKING, " or not shown.startswith(MARK)", ' or "." in shown'),
        ],
        caught_by=ONCE,
        says="it must be hashed first",
    ),
    Mistake(
        name="hashes keys as slowly as passwords",
        edits=[
            IMPORT_SELECT,
            Edit(KEYS, HASHED, "    return HASHER.hash(key)\n"),
            Edit(KEYS, "SHOWN = 12\n", "SHOWN = 12\nHASHER = PasswordHash.recommended()\n"),
            Edit(KEYS, "import hashlib\n", "from pwdlib import PasswordHash\n"),
            Edit(
                KEYS,
                FOUND,
                """            kept = account = None
            for each in await session.scalars(select(ApiKey).where(ApiKey.prefix == key[:SHOWN])):
                if HASHER.verify(key, each.key_hash):
                    kept, account = each, await session.get(Account, each.owner_id)
""",
            ),
        ],
        caught_by=ONCE,
        says="a slow hash costs each request",
    ),
    Mistake(
        name="knows keys only behind the word Token",
        edits=[Edit(ASKING, 'SCHEMES = ("token", "bearer")', 'SCHEMES = ("token",)')],
        caught_by=ONCE,
        says="behind the word Bearer",
    ),
    Mistake(
        name="reads the word before a key letter by letter",
        edits=[
            Edit(ASKING, 'SCHEMES = ("token", "bearer")', 'SCHEMES = ("Token", "Bearer")'),
            Edit(ASKING, "scheme.lower() not in", "scheme not in"),
        ],
        caught_by=ONCE,
        says="behind the word token",
    ),
    Mistake(
        name="refuses keys in another place, without a challenge",
        edits=[
            Edit(ASKING, 'raise NotSignedInError("the key does not count")', 'raise HTTPException(401, "invalid key")'),
            Edit(ASKING, "from fastapi import Depends, Request", "from fastapi import Depends, HTTPException, Request"),
        ],
        caught_by=ONCE,
        says="without a header WWW-Authenticate",
    ),
    Mistake(
        name="revokes whatever id it is told",
        edits=[
            Edit(
                KEYS,
                "            key = await keys.get(owner_id, key_id)\n",
                "            key = await session.get(ApiKey, key_id)\n",
            )
        ],
        caught_by=REVOKED,
        says="without a look at whose they are",
    ),
    Mistake(
        name="lets a key make keys",
        edits=[
            Edit("shelf/keys/router.py", "import SignedInDep", "import AccountDep as SignedInDep"),
        ],
        caught_by=REVOKED,
        says="can make more of them",
    ),
    Mistake(
        name="remembers keys that it has seen",
        edits=[
            Edit(KEYS, "SHOWN = 12\n", "SHOWN = 12\nSEEN = {}\n"),
            Edit(KEYS, OWN, "        if key in SEEN:\n            return SEEN[key]\n" + OWN),
            Edit(KEYS, "            return account\n", "            SEEN[key] = account\n            return account\n"),
            Edit(
                KEYS,
                "            await keys.remove(key)\n",
                "            await keys.remove(key)\n        SEEN.clear()\n",
            ),
        ],
        caught_by=REVOKED,
        says="another process does not learn",
    ),
    Mistake(
        name="does not ask whether the account is active",
        edits=[Edit(KEYS, " or account is None or not account.is_active", " or account is None")],
        caught_by=REVOKED,
        says="without a look at its account",
    ),
    Mistake(
        name="writes with each request",
        edits=[Edit(KEYS, NOTED, "            kept.last_used = now\n")],
        caught_by=USED,
        says="each request writes",
    ),
    Mistake(
        name="writes the first use only",
        edits=[Edit(KEYS, " or kept.last_used < now - SELDOM", "")],
        caught_by=USED,
        says="the moment is written only once",
    ),
    Mistake(
        name="keeps the last use in memory",
        edits=[
            Edit(KEYS, "SHOWN = 12\n", "SHOWN = 12\nUSED = {}\n"),
            Edit(
                KEYS,
                NOTED,
                """            if key not in USED or USED[key] < now - SELDOM:
                USED[key] = kept.last_used = now
""",
            ),
        ],
        caught_by=USED,
        says="one in memory counts",
    ),
    Mistake(
        name="does not commit the use",
        edits=[Edit(KEYS, OWN, OWN.replace("_sessions.begin()", "_sessions()"))],
        caught_by=USED,
        says="rolled back or not committed",
    ),
    Mistake(
        name="writes the use in the request's own transaction",
        edits=[
            Edit(KEYS, NOTED, ""),
            Edit(KEYS, "            now = datetime.now(UTC)\n", ""),
            Edit(ASKING, "keys: KeysDep\n) ", "keys: KeysDep, session: SessionDep\n) "),
            Edit(ASKING, "import SessionsDep, SettingsDep", "import SessionDep, SessionsDep, SettingsDep"),
            Edit(
                ASKING,
                '        raise NotSignedInError("the key does not count")\n',
                """        raise NotSignedInError("the key does not count")
    kept = await session.scalar(select(ApiKey).where(ApiKey.key_hash == hash_key(shown)))
    if kept.last_used is None or kept.last_used < datetime.now(UTC) - timedelta(minutes=1):
        kept.last_used = datetime.now(UTC)
        await session.flush()
""",
            ),
            Edit(
                ASKING,
                "from shelf.keys.service import MARK\n",
                "from shelf.keys.models import ApiKey\nfrom shelf.keys.service import MARK, hash_key\n",
            ),
            Edit(
                ASKING,
                "from fastapi.security import OAuth2PasswordBearer\n",
                "from datetime import UTC, datetime, timedelta\n\n"
                "from fastapi.security import OAuth2PasswordBearer\nfrom sqlalchemy import select\n",
            ),
        ],
        caught_by=USED,
        says="part of the request's own transaction",
    ),
    Mistake(
        name="lets keys into some routes only",
        edits=[Edit("shelf/bookmarks/dependencies.py", "import AccountDep\n", "import SignedInDep as AccountDep\n")],
        caught_by=CLIENT,
        says="this route asks for no key",
    ),
]

COMPARED = 'any(each in ("*", host) or (each.startswith("*.") and host.endswith(each[1:])) for each in self.allowed)'
ADDED = "    app.add_middleware(KnownHosts, allowed=settings.allowed_hosts)\n"

ON_HOSTS = [
    Mistake(
        name="takes Starlette's middleware as it is",
        edits=[
            Edit(
                LAYERS, ADDED, "    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts)\n"
            ),
            Edit(
                LAYERS,
                "from fastapi.middleware.cors import CORSMiddleware\n",
                "from fastapi.middleware.cors import CORSMiddleware\n"
                "from fastapi.middleware.trustedhost import TrustedHostMiddleware\n",
            ),
        ],
        caught_by=HOSTS,
        says="TrustedHostMiddleware answers plain text",
    ),
    Mistake(
        name="puts the layer outermost",
        edits=[
            Edit(LAYERS, ADDED, ""),
            Edit(
                LAYERS,
                "        expose_headers=[ID_HEADER],\n    )\n",
                "        expose_headers=[ID_HEADER],\n    )\n" + ADDED,
            ),
        ],
        caught_by=HOSTS,
        says="outside of those that log",
    ),
    Mistake(
        name="compares the ends of names",
        edits=[Edit(LAYERS, COMPARED, 'any(each == "*" or host.endswith(each.lstrip("*.")) for each in self.allowed)')],
        caught_by=HOSTS,
        says="names are compared in part",
    ),
    Mistake(
        name="compares names letter by letter",
        edits=[Edit(LAYERS, "said.lower()", "said")],
        caught_by=HOSTS,
        says="For SHELF-",
    ),
    Mistake(
        name="refuses a host that is not listed, and saves all the same",
        edits=[
            Edit(
                LAYERS,
                "            await problem(Request(scope)",
                "            await self.app(scope, receive, _nowhere)\n            await problem(Request(scope)",
            ),
            Edit(
                LAYERS,
                "class KnownHosts:",
                "async def _nowhere(message: Message) -> None:\n    pass\n\n\nclass KnownHosts:",
            ),
        ],
        caught_by=HOSTS,
        says="nothing is done for a host that is not served",
    ),
]

MISTAKES = [*ON_KEYS, *ON_THE_FENCE, *ON_HOSTS]
