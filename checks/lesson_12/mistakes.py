"""Wrong answers to lesson 12 that people and language models really give, and the step that catches each."""

from workshop.mistakes import Edit, Mistake

LIMITS = "shelf/limits.py"
SHARES = "shelf/accounts/shares.py"
LAYERS = "shelf/middleware.py"
MAIN = "shelf/main.py"

TOLD = "test_one_too_many_is_a_429_problem"
OWN = "test_each_user_has_a_share_of_their_own"
FORGED = "test_a_forged_address_gains_nothing"
FORTY = "test_forty_at_once_on_a_limit_of_ten_are_ten"
TWO = "test_two_processes_count_together"
DOOR = "test_log_in_is_limited_by_name_and_by_address"
OPEN = "test_without_redis_shelf_is_open_and_says_so"
HEALTH = "test_health_is_never_limited"

HEADERS = 'return told if self.allowed else told | {"Retry-After": str(self.seconds)}'
SECONDS = "seconds = max(1, math.ceil(answer.reset - time.time()))"
COUNT = """        window = SlidingWindow(max_requests=limit.most, window=limit.seconds)
        answer = await Ratelimit(self._redis, window, prefix=f"limit:{limit.name}").limit(who)
        # Rounded up: whoever comes back on the second must not be too early.
        seconds = max(1, math.ceil(answer.reset - time.time()))
        return Share(limit, answer.allowed, answer.remaining, seconds)
"""
LOOK_AND_COUNT = """        at = f"limit:{limit.name}:{who}:{int(time.time()) // limit.seconds}"
        used = int(await self._redis.get(at) or 0)
        if used < limit.most:
            await self._redis.set(at, used + 1, ex=2 * limit.seconds)
        seconds = limit.seconds - int(time.time()) % limit.seconds
        return Share(limit, used < limit.most, max(0, limit.most - used - 1), seconds)
"""
WHO = 'address_of(request) if isinstance(caller, NotSignedInError) else f"account:{caller.id}"'
LISTED = "trusted_hosts=[str(each) for each in settings.trusted_proxies]"
PROXIES = f"    app.add_middleware(ProxyHeadersMiddleware, {LISTED})\n"
HOST = 'ip_address(request.client.host if request.client else "")'
BY_ADDRESS = "    by_address = (limits.log_ins, address_of(request))\n"
BY_NAME = "    by_name = (limits.log_ins_of_name, name_of(form.username))\n"
BOTH = "limits.count(by_address, by_name)"
SAID = """            self._say(error)
            return None
"""
QUIET = "            self._quiet_until = now + QUIET_SECONDS\n"

MISTAKES = [
    Mistake(
        name="does not say when to come back",
        edits=[Edit(LIMITS, HEADERS, "return told")],
        caught_by=TOLD,
        says="a bare 429",
    ),
    Mistake(
        name="takes the end of the window for a number of seconds",
        edits=[Edit(LIMITS, SECONDS, "seconds = round(answer.reset)")],
        caught_by=TOLD,
        says="`reset` is a time",
    ),
    Mistake(
        name="counts in fixed windows",
        edits=[
            Edit(LIMITS, "import Ratelimit, SlidingWindow", "import FixedWindow, Ratelimit"),
            Edit(LIMITS, "= SlidingWindow(", "= FixedWindow("),
        ],
        caught_by=TOLD,
        says="a fixed window: at its edge a caller has two shares",
    ),
    Mistake(
        name="tells what is left on good answers only",
        edits=[Edit(LAYERS, "and share is not None:", 'and share is not None and message["status"] in (200, 429):')],
        caught_by=TOLD,
        says="only a good answer tells",
    ),
    Mistake(
        name="asks Redis again what is left",
        edits=[
            Edit(
                LIMITS,
                "        return Share(limit, answer.allowed, answer.remaining, seconds)\n",
                """        left = await Ratelimit(self._redis, window, prefix=f"limit:{limit.name}").get_remaining(who)
        return Share(limit, answer.allowed, left, seconds)
""",
            )
        ],
        caught_by=TOLD,
        says="asked for by another command",
    ),
    Mistake(
        name="does not let scripts in browsers read the headers",
        edits=[Edit(LAYERS, '[ID_HEADER, "Retry-After", "RateLimit", "RateLimit-Policy"]', "[ID_HEADER]")],
        caught_by=TOLD,
        says="a browser shows a page's script only",
    ),
    Mistake(
        name="counts all users of an address together",
        edits=[Edit(SHARES, WHO, "address_of(request)")],
        caught_by=OWN,
        says="the address is counted",
    ),
    Mistake(
        name="counts each token by itself",
        edits=[Edit(SHARES, WHO, 'request.headers.get("Authorization") or address_of(request)')],
        caught_by=OWN,
        says="the token or key",
    ),
    Mistake(
        name="does not count who has no account",
        edits=[
            Edit(
                SHARES,
                f"    who = {WHO}\n",
                '    if isinstance(caller, NotSignedInError):\n        return\n    who = f"account:{caller.id}"\n',
            )
        ],
        caught_by=OWN,
        says="only accounts are counted",
    ),
    Mistake(
        name="believes whoever asks",
        edits=[Edit(LAYERS, LISTED, 'trusted_hosts="*"')],
        caught_by=FORGED,
        says="a caller's word counts",
    ),
    Mistake(
        name="takes the left-most address from a proxy",
        edits=[
            Edit(LAYERS, PROXIES, ""),
            Edit(
                SHARES,
                HOST,
                """(
            ip_address(request.headers.get("X-Forwarded-For", request.client.host).split(",")[0])
            if ip_network(request.client.host) in request.app.state.resources.settings.trusted_proxies
            else ip_address(request.client.host)
        )""",
            ),
        ],
        caught_by=FORGED,
        says="the left-most address counts",
    ),
    Mistake(
        name="takes the last proxy for the caller",
        edits=[
            Edit(LAYERS, PROXIES, ""),
            Edit(
                SHARES,
                HOST,
                """(
            ip_address(request.headers.get("X-Forwarded-For", request.client.host).split(",")[-1].strip())
            if ip_network(request.client.host) in request.app.state.resources.settings.trusted_proxies
            else ip_address(request.client.host)
        )""",
            ),
        ],
        caught_by=FORGED,
        says="the address of the second proxy counts",
    ),
    Mistake(
        name="counts each address of IPv6 by itself",
        edits=[Edit(SHARES, "address.ipv4_mapped or ip_network((address, 64), strict=False)", "address")],
        caught_by=FORGED,
        says="each address in a network",
    ),
    Mistake(
        name="looks first and counts then",
        edits=[Edit(LIMITS, COUNT, LOOK_AND_COUNT)],
        caught_by=FORTY,
        says="first it is looked up how much was used",
    ),
    Mistake(
        name="looks and counts under a lock",
        edits=[
            Edit(LIMITS, COUNT, LOOK_AND_COUNT),
            Edit(
                LIMITS,
                "                    share = await self._count(limit, who)\n",
                """                    async with self._lock:
                        share = await self._count(limit, who)
""",
            ),
            Edit(
                LIMITS,
                "        self._quiet_until = 0.0\n",
                "        self._quiet_until = 0.0\n        self._lock = asyncio.Lock()\n",
            ),
        ],
        caught_by=TWO,
        says="a lock, ends at the process",
    ),
    Mistake(
        name="counts in the memory of the process",
        edits=[
            Edit(
                LIMITS,
                COUNT,
                """        at = (limit, who, int(time.time()) // limit.seconds)
        used = self._used[at] = self._used.get(at, 0) + 1
        seconds = limit.seconds - int(time.time()) % limit.seconds
        return Share(limit, used <= limit.most, max(0, limit.most - used), seconds)
""",
            ),
            Edit(
                LIMITS,
                "        self._quiet_until = 0.0\n",
                "        self._quiet_until = 0.0\n        self._used = {}\n",
            ),
        ],
        caught_by=TWO,
        says="each process counts in its own memory",
    ),
    Mistake(
        name="limits log-in by name alone",
        edits=[
            Edit(SHARES, BY_ADDRESS, ""),
            Edit(SHARES, "(limits.log_ins_of_name, ", "(limits.log_ins, "),
            Edit(SHARES, BOTH, "limits.count(by_name)"),
        ],
        caught_by=DOOR,
        says="only names are counted",
    ),
    Mistake(
        name="limits pairs of a name and an address",
        edits=[
            Edit(SHARES, BY_NAME, '    by_name = (limits.log_ins, f"{name_of(form.username)}:{address_of(request)}")\n')
        ],
        caught_by=DOOR,
        says="pairs of a name and an address",
    ),
    Mistake(
        name="counts for the name what the address has no right to",
        edits=[Edit(SHARES, BOTH, "limits.count(by_name, by_address)")],
        caught_by=DOOR,
        says="whoever knows a name can shut its owner out",
    ),
    Mistake(
        name="closes when Redis fails",
        edits=[Edit(LIMITS, SAID, SAID.replace("return None", "return Share(counted[0][0], False, 0, 60)"))],
        caught_by=OPEN,
        says="what nobody knows is taken for too much",
    ),
    Mistake(
        name="catches the errors of Upstash alone",
        edits=[
            Edit(LIMITS, "        except Exception as error:", "        except (UpstashError, TimeoutError) as error:"),
            Edit(
                LIMITS,
                "from upstash_redis.asyncio import Redis\n",
                "from upstash_redis.asyncio import Redis\nfrom upstash_redis.errors import UpstashError\n",
            ),
        ],
        caught_by=OPEN,
        says="not all are UpstashError",
    ),
    Mistake(
        name="says it for each request",
        edits=[Edit(LIMITS, QUIET, "")],
        caught_by=OPEN,
        says="each request says it anew",
    ),
    Mistake(
        name="limits the whole app",
        edits=[
            Edit(
                MAIN,
                '        responses={"default": SCHEMA},\n',
                '        responses={"default": SCHEMA},\n        dependencies=[Depends(limit_requests)],\n',
            )
        ],
        caught_by=HEALTH,
        says="health is counted like everything else",
    ),
]
