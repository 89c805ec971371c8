"""The stand-in for Upstash speaks the REST protocol: the vendor's own clients and limiters work against it."""

import asyncio
import base64
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import httpx2
import pytest
import upstash_ratelimit
import upstash_ratelimit.asyncio
import upstash_redis
import upstash_redis.asyncio
from upstash_ratelimit import FixedWindow, SlidingWindow, TokenBucket
from upstash_redis.errors import UpstashError

from workshop.testbed.upstash import NONSENSE, Upstash

GUARD = 10.0
NO_JSON = [b"", b"not json", b"\xff\xfe\xfd", b"[" * 100_000, b'["GET", NaN]', b'["SET", "k", "\\udc80"]']
NO_COMMAND = [b"null", b"true", b"1", b"1.5", b'"GET"', b"{}", b"[]", b"[null]", b"[1]", b"[true]", b"[[[]]]", b"[{}]"]
BAD_COMMAND = [
    b'["GET", null]',
    b'["GET", {}]',
    b'["GET", ["k"]]',
    b'[["GET", ["k"]]]',
    b'["NOPE", 1]',
    b'["GET k"]',
    b'[""]',
]
UNAVAILABLE = ["BLPOP k 0", "MULTI", "SELECT 3", "HELLO 3", "SUBSCRIBE c", "CLIENT REPLY OFF", "TS.MGET", "MONITOR"]


@pytest.fixture(scope="module")
def server() -> Iterator[Upstash]:
    with Upstash() as server:
        yield server


@pytest.fixture
def upstash(server: Upstash) -> Upstash:
    """The server, well, empty, and with no memory."""
    server.heal()
    server.clear()
    return server


@pytest.fixture(scope="module")
def old_client(server: Upstash) -> Iterator[upstash_redis.Redis]:
    """A client of the vendor's; shared, because each costs 40 ms to make."""
    with client(server) as redis:
        yield redis


@pytest.fixture
def redis(upstash: Upstash, old_client: upstash_redis.Redis) -> upstash_redis.Redis:
    return old_client


@pytest.fixture(scope="module")
def browser(server: Upstash) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx2.Client(base_url=server.url, headers=headers, trust_env=False, timeout=GUARD) as http:
        yield http


@pytest.fixture
def http(upstash: Upstash, browser: httpx2.Client) -> httpx2.Client:
    return browser


def client(upstash: Upstash, token: str | None = None) -> upstash_redis.Redis:
    return upstash_redis.Redis(upstash.url, token or upstash.token, rest_retries=0, allow_telemetry=False)


def async_client(upstash: Upstash) -> upstash_redis.asyncio.Redis:
    return upstash_redis.asyncio.Redis(upstash.url, upstash.token, rest_retries=0, allow_telemetry=False)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():  # noqa: ASYNC110 - the server lives in another thread and sets no event of ours
            await asyncio.sleep(0.002)


# What the clients store and get back


def call(expected: Any, method: str, *args: Any, **kwargs: Any) -> tuple[Any, str, Any, Any]:
    return expected, method, args, kwargs


TEXT = "Grüße, 世界 🎉\x00\r\n"
CONVERSATIONS = {
    "strings": [
        call(True, "set", "word", TEXT),
        call(TEXT, "get", "word"),
        call(None, "get", "nothing"),
        call(True, "set", "empty", ""),
        call("", "get", "empty"),
        call(True, "set", "ok", "OK"),
        call(["OK", None, ""], "mget", "ok", "nothing", "empty"),
        call(False, "set", "word", "new", nx=True),
        call(TEXT, "set", "word", "new", get=True),
        call(3, "delete", "word", "ok", "empty"),
    ],
    "values that are no strings": [
        call(True, "set", "data", {"a": [1, None]}),
        call('{"a": [1, null]}', "get", "data"),
        call(True, "set", "none", None),
        call("null", "get", "none"),
        call(True, "set", "yes", True),
        call("true", "get", "yes"),
        call(10**15, "incrby", "number", 10**15),
        call(1.5, "incrbyfloat", "float", 1.5),
    ],
    "hashes": [
        call(2, "hset", "h", values={"ключ": "значение", "n": 1}),
        call({"ключ": "значение", "n": "1"}, "hgetall", "h"),
        call({}, "hgetall", "nothing"),
        call(["1", None], "hmget", "h", "n", "x"),
        call(3, "hincrby", "h", "n", 2),
    ],
    "lists": [
        call(3, "rpush", "l", "a", "b", TEXT),
        call(["a", "b", TEXT], "lrange", "l", 0, -1),
        call(TEXT, "rpop", "l"),
        call(["a", "b"], "lpop", "l", 5),
        call([], "lrange", "l", 0, -1),
    ],
    "sets": [
        call(1, "sadd", "s", TEXT),
        call(True, "sismember", "s", TEXT),
        call([TEXT], "smembers", "s"),
        call(1, "srem", "s", TEXT),
        call([], "smembers", "s"),
    ],
    "sorted sets": [
        call(2, "zadd", "z", {"low": 1, "high": 2.5}),
        call([("low", 1.0), ("high", 2.5)], "zrange", "z", 0, -1, withscores=True),
        call(2.5, "zscore", "z", "high"),
        call(None, "zscore", "z", "nobody"),
        call(1, "zremrangebyscore", "z", "-inf", "(2.5"),
    ],
    "expiry": [
        call(True, "set", "kept", "x", ex=1000),
        call(True, "persist", "kept"),
        call(-1, "ttl", "kept"),
        call(-2, "ttl", "nothing"),
        call(True, "pexpire", "kept", 0),
        call(None, "get", "kept"),
    ],
    "scripts": [
        call([1, "é", None, ["E x"]], "eval", "return {1, ARGV[1], false, {{err='E x'}}}", ["k"], ["é"]),
        call("v", "eval", "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])", ["k"], ["v"]),
        call("e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "script_load", "return 1"),
        call(1, "evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", [], []),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_client_gets_back_what_it_stored(redis, name):
    """The synchronous client stores values of every kind and gets them back."""
    for expected, method, args, kwargs in CONVERSATIONS[name]:
        assert getattr(redis, method)(*args, **kwargs) == expected, (method, args)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_asyncio_client_gets_back_what_it_stored(upstash, name):
    """The asyncio client stores values of every kind and gets them back."""

    async def converse():
        async with async_client(upstash) as redis:
            for expected, method, args, kwargs in CONVERSATIONS[name]:
                assert await getattr(redis, method)(*args, **kwargs) == expected, (method, args)

    asyncio.run(converse())


def test_a_value_expires(redis):
    """A value with a lifetime says how long it has, and is gone afterwards."""
    redis.set("long", "x", ex=1000)
    redis.set("short", "x", px=20)
    assert 900 < redis.ttl("long") <= 1000

    deadline = time.monotonic() + GUARD
    while redis.get("short") is not None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert redis.exists("short", "long") == 1


# Several commands at once


def test_a_pipeline_and_a_transaction_answer_in_order(upstash, redis):
    """A pipeline and a transaction give every reply in order, with both clients."""

    async def in_async():
        async with async_client(upstash) as other:
            pipeline, transaction = other.pipeline(), other.multi()
            pipeline.set("a", "1").incr("a").get("nothing")
            transaction.incr("a").hset("h", "f", "v").hgetall("h")
            return await pipeline.exec(), await transaction.exec()

    first = redis.pipeline().set("a", "1").incr("a").get("nothing").exec(), redis.multi().incr("a").exec()
    assert first == ([True, 2, None], [3])
    assert asyncio.run(in_async()) == ([True, 2, None], [3, 1, {"f": "v"}])


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_a_command_that_fails_stops_no_other(http, redis, path):
    """A command that fails while it runs leaves the later ones to run; its own place in the answer has the error."""
    answer = http.post(path, json=[["SET", "k", "v"], ["LPUSH", "k", "x"], ["SET", "later", "ran"]])

    assert answer.status_code == 200
    assert [list(each) for each in answer.json()] == [["result"], ["error"], ["result"]]
    assert answer.json()[1]["error"].startswith("WRONGTYPE ")
    assert redis.get("later") == "ran"


def test_the_client_raises_for_a_failing_pipeline_that_ran(redis):
    """The vendor's client raises for a pipeline with a failing command, though the later ones ran."""
    with pytest.raises(UpstashError, match="not an integer"):
        redis.pipeline().set("k", "v").incr("k").set("later", "ran").exec()
    assert redis.get("later") == "ran"


def test_a_pipeline_goes_on_after_a_refused_command(http, redis):
    """A pipeline runs on after a command that does not exist."""
    assert http.post("/pipeline", json=[["NOPE"], ["SET", "k", "v"]]).status_code == 200
    assert redis.get("k") == "v"


@pytest.mark.parametrize("refused", [["NOPE"], ["GET"], ["BLPOP", "k", 0]])
def test_a_transaction_is_all_or_nothing(http, redis, refused):
    """A transaction with a command that is refused does nothing, and the next transaction is not disturbed."""
    answer = http.post("/multi-exec", json=[["SET", "k", "v"], refused, ["SET", "later", "v"]])

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("ERR ")
    assert redis.exists("k", "later") == 0
    assert redis.multi().set("k", "v").get("k").exec() == [True, "v"]


def test_transactions_do_not_mix(redis):
    """Nothing comes between the commands of a transaction."""

    def once(number: int) -> bool:
        return redis.multi().set("k", number).incr("k").get("k").exec() == [True, number + 1, str(number + 1)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(0, 400, 10)))


# Rate limits


LIMITERS = {
    "fixed": FixedWindow(max_requests=10, window=3600),
    "sliding": SlidingWindow(max_requests=10, window=3600),
    "bucket": TokenBucket(max_tokens=10, refill_rate=1, interval=3600),
}


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows align to the wall clock: hold it, or one run in many would meet the turn of the hour."""
    now = int(time.time() * 1000)
    monkeypatch.setattr("upstash_ratelimit.limiter.now_ms", lambda: now)


@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("name", LIMITERS)
def test_a_limit_is_exact_among_threads(redis, name):
    """Of twenty calls at once on a limit of ten, ten are allowed; others have a share of their own."""
    limit = upstash_ratelimit.Ratelimit(redis=redis, limiter=LIMITERS[name])
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(limit.limit, ["me"] * 20))

    assert sum(each.allowed for each in answers) == 10
    assert {each.limit for each in answers} == {10}
    assert sorted(each.remaining for each in answers if each.allowed) == list(range(10))
    assert limit.get_remaining("me") == 0
    assert limit.get_reset("me") > time.time()
    assert limit.limit("you").allowed


@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("name", LIMITERS)
def test_a_limit_is_exact_among_tasks(upstash, name):
    """Of twenty calls at once on a limit of ten, ten are allowed, with the asyncio client too."""

    async def twenty():
        async with async_client(upstash) as redis:
            limit = upstash_ratelimit.asyncio.Ratelimit(redis=redis, limiter=LIMITERS[name])
            answers = await asyncio.gather(*[limit.limit("me") for _ in range(20)])
            return answers, await limit.get_remaining("me")

    answers, remaining = asyncio.run(twenty())
    assert sum(each.allowed for each in answers) == 10
    assert remaining == 0


def test_flags_before_a_script_are_taken_off(http, redis):
    """The line of flags that only Upstash knows is taken off scripts, found by either hash, and off nothing else."""
    script = "#!lua flags=allow-key-locking\nreturn 7"
    assert redis.eval(script) == 7
    assert redis.evalsha("75f7948232cd19e754973ed15e2480762e8833da") == 7
    assert redis.evalsha(redis.script_load(script)) == 7
    redis.set("k", script)
    assert redis.get("k") == script


def test_a_script_that_sets_a_global_spoils_no_other_server(redis):
    """Two servers share nothing, not even the Lua that a bad script has spoiled."""
    with Upstash() as other, client(other) as spoiler:
        for script in ("oops = 1 return 1", "return 1"):
            with pytest.raises(UpstashError, match="global"):
                spoiler.eval(script)
    assert redis.eval("return 1") == 1


# The protocol itself


def test_strings_are_base64_on_request(http):
    """With the header every string but "OK" is base64; without it, bytes that are no UTF-8 become U+FFFD."""
    wanted = {"Upstash-Encoding": "base64"}
    assert http.post("/", json=["SET", "k", "v"], headers=wanted).json() == {"result": "OK"}
    assert http.post("/", json=["MGET", "k", "x"], headers=wanted).json() == {"result": ["dg==", None]}
    assert http.post("/pipeline", json=[["GET", "k"]], headers=wanted).json() == [{"result": "dg=="}]
    assert http.post("/multi-exec", json=[["GET", "k"]], headers=wanted).json() == [{"result": "dg=="}]

    http.post("/set/raw", content=b"\xff\x00a")
    assert http.get("/get/raw").json() == {"result": "\ufffd\x00a"}
    assert base64.b64decode(http.get("/get/raw", headers=wanted).json()["result"]) == b"\xff\x00a"


def test_a_command_may_be_a_path(upstash, http):
    """A command may be a path; a body comes after it, and the query after the body."""
    assert http.get("/set/a%2Fb/c%20d").json() == {"result": "OK"}
    assert http.get("/get/a%2Fb").json() == {"result": "c d"}
    assert http.post("/set/k?EX=100&NX", content="v").json() == {"result": "OK"}
    assert [http.get(path).status_code for path in ("/get", "/%FF/k", "/pipeline/k", "//", "/get%20k")] == [400] * 5
    assert httpx2.get(f"{upstash.url}/get/k?_token={upstash.token}", trust_env=False).json() == {"result": "v"}
    assert upstash.commands[2] == ["set", "k", "v", "EX", "100", "NX"]


def test_errors_are_those_of_redis(http):
    """An error is a 400 with the text, and the code in front, that Redis gives."""

    def error(*command: Any) -> str:
        answer = http.post("/", json=command)
        assert answer.status_code == 400
        return answer.json()["error"]

    http.post("/", json=["SET", "k", "v"])
    assert error("GET") == "ERR wrong number of arguments for 'get' command"
    assert error("INCR", "k").startswith("ERR value is not an integer")
    assert error("LPUSH", "k", "x").startswith("WRONGTYPE ")
    assert error("EVALSHA", "0" * 40, 0).startswith("NOSCRIPT ")
    assert error("EVAL", "return redis.error_reply('MINE is odd')", 0) == "MINE is odd"


@pytest.mark.parametrize("command", [*UNAVAILABLE, "XREAD BLOCK 0 STREAMS s $"])
def test_what_needs_a_connection_is_not_available(http, command):
    """Commands that wait, subscribe or change a connection are refused at once."""
    answer = http.post("/", json=command.split())
    assert (answer.status_code, "not available" in answer.json()["error"]) == (400, True)
    assert http.post("/", json=["PING"]).json() == {"result": "PONG"}


@pytest.mark.parametrize("body", NO_JSON + NO_COMMAND + BAD_COMMAND, ids=lambda body: repr(body[:20]))
def test_nonsense_is_a_400(http, body):
    """A body without sense is a 400 with an error, on every path, and the server lives on."""
    for path in ("/", "/pipeline", "/multi-exec"):
        answer = http.post(path, content=body)
        assert answer.status_code == 400
        assert isinstance(answer.json()["error"], str)
    assert http.get("/ping").json() == {"result": "PONG"}


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer é".encode("latin-1")])
def test_a_wrong_token_is_a_401(upstash, http, value):
    """Without the token nothing is done, and the answer is a 401."""
    answer = http.post("/", json=["PING"], headers={"Authorization": value})
    assert (answer.status_code, answer.json()["error"][:10]) == (401, "WRONGPASS ")
    assert upstash.commands == []


def test_the_client_says_that_the_token_is_wrong(upstash):
    """The vendor's client raises its own error for a wrong token."""
    with client(upstash, "wrong") as redis, pytest.raises(UpstashError, match="WRONGPASS"):
        redis.get("k")


def test_every_answer_has_a_sync_token_of_its_own(http):
    """Every answer has a sync token that no other had."""
    tokens = [http.post("/", json=["PING"]).headers["Upstash-Sync-Token"] for _ in range(3)]
    assert len(set(tokens)) == 3


def test_commands_seen_can_be_read_and_cleared(upstash, redis):
    """The server tells the commands it saw; `clear` forgets them, and the data and scripts with them."""
    sha = redis.script_load("return 1")
    redis.set("k", "v", ex=60)
    redis.pipeline().get("k").get("x").exec()
    assert upstash.commands[1:] == [["SET", "k", "v", "EX", "60"], ["GET", "k"], ["GET", "x"]]
    assert upstash.env == {"UPSTASH_REDIS_REST_URL": upstash.url, "UPSTASH_REDIS_REST_TOKEN": upstash.token}

    upstash.clear()

    assert upstash.commands == []
    assert redis.get("k") is None
    with pytest.raises(UpstashError, match="NOSCRIPT"):
        redis.evalsha(sha)


def test_small_answers_do_not_wait(upstash, redis):
    """Connections have Nagle's algorithm off."""
    redis.ping()
    sockets = [each.transport.get_extra_info("socket") for each in upstash._state.connections]
    assert [bool(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) for each in sockets] == [True] * len(sockets)
    assert sockets


def test_the_module_imports_nothing_heavy():
    """Importing the module loads none of the libraries behind the server."""
    code = "import sys, workshop.testbed.upstash as _; print({'fakeredis', 'uvicorn', 'starlette'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"set()"


# Faults


def test_a_slow_server_meets_the_callers_deadline(upstash):
    """A caller with a deadline gives up on a slow server, which did at once what was asked."""

    async def impatient():
        async with async_client(upstash) as redis:
            upstash.slow(60)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await redis.set("k", "v")
            upstash.heal()
            return await redis.get("k")

    assert asyncio.run(impatient()) == "v"


def test_a_slow_server_answers_in_the_end(upstash, redis):
    """A slow server's answer is right, only late."""
    upstash.slow(0.05)
    before = time.monotonic()
    assert redis.set("k", "v")
    assert time.monotonic() - before >= 0.05


@pytest.mark.parametrize("end", ["heal", "die"])
def test_a_server_that_hangs_does_nothing(upstash, redis, end):
    """A hanging server takes requests and does nothing; when the fault ends, its callers lose their connection."""

    async def hung():
        async with async_client(upstash) as caller:
            upstash.hang()
            waiting = asyncio.create_task(caller.set("k", "v"))
            await until(lambda: upstash.commands)
            assert not waiting.done()
            getattr(upstash, end)()
            with pytest.raises(httpx.TransportError):
                await asyncio.wait_for(waiting, GUARD)

    asyncio.run(hung())
    upstash.heal()
    assert redis.get("k") is None


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_is_of_no_use_to_the_client(upstash, redis, body):
    """Every kind of nonsense makes the vendor's client raise, and changes nothing."""
    redis.set("k", "v")
    upstash.nonsense(body)
    for attempt in (lambda: redis.get("k"), lambda: redis.set("k", "w")):
        with pytest.raises(Exception):  # noqa: B017, PT011 - what the client raises is of many kinds; that is the lesson
            attempt()
    upstash.heal()
    assert redis.get("k") == "v"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failing_server_answers_with_its_status(upstash, redis, http, status):
    """A failing server answers with the status it was told, and does nothing."""
    upstash.fail(status)
    answer = http.post("/", json=["SET", "k", "v"])
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    with pytest.raises(UpstashError):
        redis.set("k", "v")
    assert len(upstash.commands) == 2
    upstash.heal()
    assert redis.get("k") is None


@pytest.mark.parametrize("back", ["come_back", "heal"])
def test_a_server_that_died_comes_back_with_its_data(upstash, redis, back):
    """A dead server refuses everybody, old clients too; it comes back on its port with its data."""
    redis.set("k", "v")
    url = upstash.url
    for _ in range(3):
        upstash.die()
        upstash.die()
        with pytest.raises(httpx.ConnectError):
            redis.get("k")
        getattr(upstash, back)()
        assert (redis.get("k"), upstash.url) == ("v", url)


def test_a_dying_server_drops_who_waits(upstash):
    """Death drops a request that is being answered slowly."""

    async def dropped():
        async with async_client(upstash) as redis:
            upstash.slow(60)
            waiting = asyncio.create_task(redis.get("k"))
            await until(lambda: upstash.commands)
            upstash.die()
            with pytest.raises(httpx.TransportError):
                await asyncio.wait_for(waiting, GUARD)

    asyncio.run(dropped())


def test_a_closed_server_leaves_nothing():
    """After `close` nobody listens and no thread is left; closing again is no error."""
    before = threading.active_count()
    server = Upstash()
    server.close()
    server.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=GUARD)


def test_a_caller_that_hangs_does_not_keep_a_server_from_closing():
    """A server that is closed while it hangs drops its callers."""
    with Upstash() as server, ThreadPoolExecutor(1) as pool, client(server) as redis:
        server.hang()
        waiting = pool.submit(redis.get, "k")
        asyncio.run(until(lambda: server.commands))
        server.close()
        assert isinstance(waiting.exception(GUARD), httpx.TransportError)


def test_requests_can_be_held(upstash, redis):
    """A held request does nothing until it is released; one whose caller leaves does nothing at all."""

    async def held():
        async with async_client(upstash) as caller:
            upstash.hold()
            tasks = [asyncio.create_task(caller.set(key, "v")) for key in ("left", "stayed")]
            assert await asyncio.to_thread(upstash.wait_for_held, 2)
            assert (upstash.commands, upstash.keys()) == ([], [])
            tasks[0].cancel()
            await until(lambda: upstash.held == 1)
            upstash.release()
            return await tasks[1]

    assert asyncio.run(held())
    assert upstash.keys() == ["stayed"]
    assert redis.get("stayed") == "v"


@pytest.mark.parametrize("end", ["heal", "die", "renew"])
def test_single_commands_can_be_held(upstash, redis, end):
    """With names only requests with such a command wait, in a pipeline too; the end of all faults lets them go."""
    upstash.hold("set", "EXPIRE")
    assert redis.get("k") is None
    with ThreadPoolExecutor(2) as pool:
        setting = pool.submit(redis.set, "k", "v")
        piped = pool.submit(redis.pipeline().get("k").expire("k", 60).exec)
        assert upstash.wait_for_held(2)
        assert redis.get("k") is None
        getattr(upstash, end)()
        if end == "heal":
            assert (setting.result(GUARD), piped.result(GUARD)[0]) in ((True, "v"), (True, None))
        if end == "die":
            assert isinstance(setting.exception(GUARD), httpx.TransportError)
            upstash.come_back()


# What a check sees and changes


def test_commands_can_be_counted(upstash, redis):
    """All, or those with certain names, in any case; what a check runs by itself is not among them."""
    redis.pipeline().set("a", 1).get("a").get("b").exec()
    upstash.run("GET", "a")
    assert [upstash.count(), upstash.count("get"), upstash.count("GET", "set"), upstash.count("DEL")] == [3, 2, 3, 0]


def test_keys_and_their_lifetimes_can_be_read(upstash, redis):
    """In seconds; None for a key that stays."""
    redis.set("long", "v", ex=100)
    redis.set("short", "v", px=50_000)
    redis.hset("kept", "f", "v")
    assert upstash.keys() == ["kept", "long", "short"]
    left = upstash.lifetimes()
    assert left["kept"] is None
    assert 95 < left["long"] <= 100
    assert 45 < left["short"] <= 50


def test_time_can_pass(upstash, redis):
    """Keys grow older at once; what is over is gone, what stays stays."""
    redis.set("long", "v", ex=100)
    redis.set("short", "v", ex=50)
    redis.set("kept", "v")
    upstash.pass_time(60)
    assert redis.get("short") is None
    assert upstash.keys() == ["kept", "long"]
    assert 35 < upstash.lifetimes()["long"] <= 40


def test_values_can_be_changed(upstash, redis):
    """By any command, past the service, whatever the fault; what Redis refuses is an error."""
    redis.set("k", "v", ex=100)
    upstash.die()
    assert upstash.run("GET", "k") == "v"
    assert upstash.run("SET", "k", TEXT, "KEEPTTL") == "OK"
    with pytest.raises(ValueError, match="not an integer"):
        upstash.run("INCR", "k")
    upstash.come_back()
    assert redis.get("k") == TEXT
    assert redis.ttl("k") > 0


def test_values_can_be_spoiled(upstash, redis):
    """All strings and fields of hashes, with their lifetimes kept."""
    redis.set("k", "v", ex=100)
    redis.hset("h", values={"f": "v", "g": "w"})
    redis.rpush("l", "x")
    assert upstash.spoil("gone bad") == 3
    assert (redis.get("k"), redis.hgetall("h")) == ("gone bad", {"f": "gone bad", "g": "gone bad"})
    assert redis.lrange("l", 0, -1) == ["x"]
    assert redis.ttl("k") > 0


def test_a_new_one_has_no_memory(redis, upstash):
    """`renew` ends faults, empties all, mends a server whose Lua was spoiled, and keeps port and token."""
    env = upstash.env
    redis.set("k", "v")
    for script in ("oops = 1 return 1", "return 1"):
        with pytest.raises(UpstashError, match="global"):
            redis.eval(script)
    upstash.hold("GET")
    upstash.die()
    upstash.renew()
    assert (upstash.commands, upstash.keys(), upstash.env) == ([], [], env)
    assert redis.eval("return 1") == 1
    assert redis.get("k") is None
