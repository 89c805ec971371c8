"""A lesson whose service depends on Redis and QStash: its steps, its cold start, and `workshop serve`."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import LESSON, make_course
from tests.test_plugin import run
from tests.test_serve import PROGRAM, SECONDS, said_until
from workshop import serve
from workshop.course import Course
from workshop.gate import data
from workshop.testbed.network import closed_port, lasting_port, listen, listen_at
from workshop.testbed.waiting import Waiter
from workshop.testbed.world import World

NAMES = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN", "QSTASH_URL", "QSTASH_TOKEN", "PUBLIC_URL"]
SERVICE = '''"""A service that counts in Redis, and lets QStash count for it."""

import json
import os

import httpx
from qstash import AsyncQStash, Receiver
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from upstash_redis.asyncio import Redis

redis = Redis.from_env(rest_retries=0, allow_telemetry=False)
receiver = Receiver(os.environ["QSTASH_CURRENT_SIGNING_KEY"], os.environ["QSTASH_NEXT_SIGNING_KEY"])
URL = os.environ["PUBLIC_URL"] + "/job"


async def health(request):
    """Say that Redis answers."""
    return JSONResponse(await redis.ping())


async def later(request):
    """Publish a job."""
    qstash = AsyncQStash(os.environ["QSTASH_TOKEN"], retry=False)
    sent = await qstash.message.publish_json(url=URL, body={"by": 2})
    return JSONResponse(sent.message_id)


async def job(request):
    """Do a job; a forged one is a 401."""
    body = (await request.body()).decode()
    try:
        receiver.verify(signature=request.headers["upstash-signature"], body=body, url=URL)
    except Exception:
        return JSONResponse(None, 401)
    return JSONResponse(await redis.incrby("count", json.loads(body)["by"]))


async def count(request):
    """Answer with the count."""
    return JSONResponse(await redis.get("count"))


def create_app():
    """One more; it tells the environment that it was made in."""
    made_in = dict(os.environ)

    async def env(request):
        return JSONResponse(made_in)

    paths = {"/health": health, "/openapi.json": health, "/later": later, "/job": job, "/env": env, "/count": count}
    return Starlette(routes=[Route(path, do, methods=["GET", "POST"]) for path, do in paths.items()])


app = create_app()
'''
CHECKS = '''"""The steps."""

from workshop.testbed.qstash import FORGERIES


def test_a_job_is_done(shelf, redis, qstash):
    """QStash reaches the service at the URL that it was told."""
    shelf.post("/later").expect(200)
    assert qstash.wait_for()[0].url == shelf.url + "/job"
    assert qstash.deliver_next().expect(200).json == 2
    assert (redis.run("GET", "count"), redis.count("INCRBY"), redis.count("PING")) == ("2", 1, 0)
    redis.fail()
    qstash.hold()


def test_each_step_has_new_ones(shelf, world):
    """Though it does not ask for them."""
    assert shelf.get("/health").expect(200).json == "PONG"
    assert (world.redis.keys(), world.redis.count(), world.qstash.messages) == ([], 1, [])


def test_a_service_that_is_started_again(start_shelf, qstash):
    """It has the URL of the first; and of two at the same time one has it."""
    first = start_shelf()
    first.post("/later").expect(200)
    first.close()
    second, third = start_shelf(), start_shelf()
    assert first.clients[0].origin == second.url != third.url
    assert qstash.deliver_next().expect(200).json == 2
    assert second.stop()
    assert qstash.deliver(qstash.messages[0]).status is None
    assert qstash.deliver(qstash.messages[0], to=third.url).expect(200).json == 4


def test_forgeries_do_nothing(shelf, redis, qstash):
    """As in the lesson that is to come."""
    shelf.post("/later").expect(200)
    for forged in FORGERIES:
        qstash.deliver(qstash.messages[0], forged=forged).expect(401)
    assert redis.keys() == []


def test_each_app_has_its_own_url(start_shelf):
    """And a variable of the step's own counts more."""
    shelf = start_shelf(environments=[{}, {}, {"PUBLIC_URL": "https://shelf.example.com"}])
    seen = [shelf.get("/env", app=app).json for app in range(3)]
    urls = [each["PUBLIC_URL"] for each in seen]
    assert urls[:2] == [client.origin for client in shelf.clients[:2]]
    assert urls[2] == "https://shelf.example.com"
    assert len(set(urls)) == 3
    assert len({each["QSTASH_URL"] for each in seen}) == 1
'''
ASKS = '''"""The steps of a lesson that has no world."""


def test_what_is_asked_for_is_there(shelf, redis, qstash):
    """And the service knows where."""
    seen = shelf.get("/").json
    assert {**redis.env, **qstash.env}.items() <= seen.items()
    assert seen["PUBLIC_URL"] == shelf.url


def test_what_nobody_asks_for_is_not(shelf):
    """No variable leads anywhere."""
    assert not [name for name in shelf.get("/").json if "STASH" in name or name == "PUBLIC_URL"]
'''
PRELOAD = 'preload = ["httpx", "qstash", "upstash_redis.asyncio", "starlette.applications"]\n'
PLAIN = '''"""A service that tells its environment."""

import json
import os


async def app(scope, receive, send):
    """Answer with it."""
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(dict(os.environ)).encode()})
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two lessons; the first has no world, the second has one."""
    files = {
        "lessons/lesson_01/shelf/__init__.py": "",
        "lessons/lesson_01/shelf/main.py": PLAIN,
        "checks/lesson_01/test_it.py": ASKS,
        "lessons/lesson_02/lesson.toml": LESSON.format(2) + 'world = ["redis", "qstash"]\n' + PRELOAD,
        "lessons/lesson_02/shelf/main.py": SERVICE,
        "checks/lesson_02/test_it.py": CHECKS,
    }
    return make_course(tmp_path_factory.mktemp("course"), files)


def test_every_service_finds_its_world(course: Course) -> None:
    """In each step, new for each, and in the cold start, which disturbs nobody."""
    ran = run(course, str(course.root / "checks" / "lesson_02"), "--solution")
    assert ran.returncode == 0, ran.stdout
    assert "5 of 5 steps pass" in ran.stdout
    assert "2 of 2 steps pass" in ran.stdout


def test_the_world_is_handed_on(course: Course) -> None:
    """To later lessons, and not to earlier ones."""
    assert [course.world(course.lesson(number)) for number in (1, 2)] == [(), ("redis", "qstash")]


def test_who_serves_may_set_what_the_lesson_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else this way."""
    course = make_course(tmp_path, {"lessons/lesson_01/lesson.toml": LESSON.format(1) + '[env]\nX = "1"\nY = "1"\n'})
    monkeypatch.setenv("Y", "2")
    monkeypatch.setenv("Z", "2")
    with serve.world(course, course.lesson(1), closed_port()) as env:
        assert env == {"X": "1", "Y": "2"}


def test_the_gate_knows_the_names(tmp_path: Path) -> None:
    """A name that is none is a defect."""
    course = make_course(tmp_path, {"lessons/lesson_01/lesson.toml": LESSON.format(1) + 'world = ["reddis"]\n'})
    told = [defect.text for defect in data.defects(course, course.lesson(1))]
    assert "there is no stand-in reddis; there are redis, qstash." in told


def test_a_world_that_nobody_needs_costs_nothing() -> None:
    """Nothing is started or imported."""
    code = "import sys; from workshop.testbed.world import World as W; from workshop.testbed.waiting import Waiter\n"
    code += "w = W(); w.renew((), Waiter()); assert w.env() == {}; w.close()\n"
    code += "print({'fakeredis', 'jwt', 'uvicorn', 'httpx2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"set()"


def test_a_world_is_made_once_and_renewed() -> None:
    """Same ports, another public URL, no data; closed, nothing is left of it."""
    with World() as world:
        world.renew(["redis", "qstash"], Waiter())
        before = world.env()
        world.redis.run("SET", "k", "v")
        world.renew(["redis", "qstash"], Waiter())
        changed = {name for name, value in world.env().items() if before[name] != value}
        assert (changed, world.redis.keys()) == ({"PUBLIC_URL"}, [])
        assert sorted(world.env()) == sorted(before)
        assert set(NAMES) < set(before)


def test_a_port_that_lasts_can_be_taken_again() -> None:
    """And where it is taken, or the URL is no place here, another one is."""
    port = lasting_port()
    for _ in range(2):
        with listen_at(f"http://127.0.0.1:{port}") as first, listen_at(f"http://127.0.0.1:{port}") as second:
            assert first.getsockname()[1] == port != second.getsockname()[1]
    for url in ("", "https://shelf.example.com", "http://127.0.0.1"):
        with listen_at(url) as anywhere, listen() as other:
            assert anywhere.getsockname()[1] not in (port, other.getsockname()[1])


def test_serve_brings_its_world_along(course: Course) -> None:
    """QStash delivers by itself there; all of it is said."""
    port = closed_port()
    command = [sys.executable, "-c", PROGRAM, str(course.root), "serve", "2", "--port", str(port)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, **pipes)
    try:
        assert "forget everything when it ends: redis, qstash" in said_until(process, "/docs")
        ask(port, "/later")
        assert Waiter().until(lambda: ask(port, "/count") == "2")
    finally:
        process.kill()
        process.communicate()


def ask(port: int, path: str) -> object:
    """What the service answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=SECONDS) as answer:
        return json.load(answer)
