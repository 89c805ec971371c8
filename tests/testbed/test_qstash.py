"""The stand-in for QStash: the vendor's clients publish to it, and the vendor's receiver judges what it delivers."""

import asyncio
import base64
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
from qstash import AsyncQStash, Receiver
from qstash import QStash as Client
from qstash.errors import QStashError, SignatureError
from starlette.requests import Request

from workshop.testbed.qstash import FORGERIES, QStash
from workshop.testbed.qstash_protocol import seconds_of
from workshop.testbed.reason import StepFailed
from workshop.testbed.standin import Reply, StandIn
from workshop.testbed.waiting import Waiter

GUARD = 10.0
BODY = {"bookmark_id": 7, "Wort": "Grüße"}


class Target(StandIn):
    """A service that is delivered to; it answers as it is told, and remembers."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[Request, bytes]] = []
        self.more: dict[str, str] = {}
        super().__init__("target")

    def _answer(self, request: Request, body: bytes, *, obey: bool) -> Reply:
        self.got.append((request, body))
        return self.statuses.pop(0) if self.statuses else 200, b'{"done": true}'

    def _forget(self) -> None:
        self.statuses.clear()
        self.got.clear()
        self.more.clear()

    def _headers(self) -> dict[str, str]:
        return self.more

    @property
    def job(self) -> str:
        return f"{self.url}/jobs/snapshot?a=1&b=%20x"

    def header(self, name: str, index: int = -1) -> str | None:
        return self.got[index][0].headers.get(name)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[QStash, Target]]:
    with QStash() as qstash, Target() as target:
        yield qstash, target


@pytest.fixture
def qstash(servers: tuple[QStash, Target]) -> QStash:
    servers[0].renew()
    return servers[0]


@pytest.fixture
def target(servers: tuple[QStash, Target]) -> Target:
    servers[1].renew()
    return servers[1]


@pytest.fixture(scope="module")
def old_client(servers: tuple[QStash, Target]) -> Client:
    """A client of the vendor's; shared, because each costs 40 ms to make."""
    return Client(servers[0].token, retry=False, base_url=servers[0].url)


@pytest.fixture
def client(qstash: QStash, old_client: Client) -> Client:
    return old_client


def verify(qstash: QStash, target: Target, index: int = -1, **how: Any) -> None:
    """Let the vendor's receiver judge what came."""
    request, body = target.got[index]
    receiver = Receiver(qstash.current_signing_key, qstash.next_signing_key)
    signature = request.headers.get("upstash-signature", "")
    receiver.verify(signature=signature, body=body.decode(), **{"url": target.job} | how)


# Publishing


def test_what_is_published_is_delivered(qstash: QStash, client: Client, target: Target) -> None:
    """Method, URL, body and headers as asked; signed so that the vendor's receiver accepts it."""
    sent = client.message.publish_json(url=target.job, body=BODY, headers={"X-Trace": "t"}, method="PUT", label="l")
    assert target.got == []
    [message] = qstash.messages
    assert (message.id, message.url, message.json, message.state) == (sent.message_id, target.job, BODY, "waiting")
    assert (message.headers, message.options["label"]) == ({"x-trace": "t", "content-type": "application/json"}, "l")

    answer = qstash.deliver_next().expect(200)

    request, body = target.got[0]
    assert (answer.method, answer.path, answer["done"]) == ("PUT", "/jobs/snapshot?a=1&b=%20x", True)
    assert (request.method, str(request.url), json.loads(body)) == ("PUT", target.job, BODY)
    assert (target.header("x-trace"), target.header("content-type")) == ("t", "application/json")
    assert (target.header("upstash-message-id"), target.header("upstash-retried")) == (sent.message_id, "0")
    assert target.header("user-agent") == "Upstash-QStash"
    assert target.header("authorization") is None
    assert (message.state, message.answers, qstash.waiting) == ("delivered", [answer], [])
    verify(qstash, target)


def test_the_asyncio_client_publishes_too(qstash: QStash, target: Target) -> None:
    """Bytes, and many at once."""

    async def publish() -> list[Any]:
        client = AsyncQStash(qstash.token, retry=False, base_url=qstash.url)
        return await asyncio.gather(*[client.message.publish(url=target.job, body=f"{n}") for n in range(20)])

    sent = asyncio.run(publish())
    assert {each.message_id for each in sent} == {each.id for each in qstash.messages}
    assert [answer.status for answer in qstash.deliver_all()] == [200] * 20
    assert {body for _, body in target.got} == {b"%d" % number for number in range(20)}


def test_the_client_finds_it_by_its_variables(qstash: QStash, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client takes QSTASH_URL from the environment by itself."""
    for name, value in qstash.env.items():
        monkeypatch.setenv(name, value)
    Client(qstash.env["QSTASH_TOKEN"]).message.publish(url=target.job)
    assert len(qstash.messages) == 1
    assert all(len(key) == 32 for name, key in qstash.env.items() if name.endswith("SIGNING_KEY"))


def test_a_batch_is_many_messages(qstash: QStash, client: Client, target: Target) -> None:
    """Each with an id of its own; a duplicate is told as one."""
    rows: list[Any] = [{"url": target.job, "body": n, "deduplication_id": "x" if n else "y"} for n in range(3)]
    answers: list[Any] = client.message.batch_json(rows)
    assert [each.message_id for each in answers[:2]] == [each.id for each in qstash.messages]
    assert [each.deduplicated for each in answers] == [False, False, True]


def test_a_queue_takes_messages(qstash: QStash, client: Client, target: Target) -> None:
    """`enqueue` is taken as publishing."""
    client.message.enqueue_json(queue="mine", url=target.job, body=BODY)
    assert qstash.deliver_next().status == 200
    assert json.loads(target.got[0][1]) == BODY


def test_messages_can_be_read_and_cancelled(qstash: QStash, client: Client, target: Target) -> None:
    """By the client, one, some and all; what is cancelled is not delivered."""
    ids = [client.message.publish(url=target.job, body=str(n)).message_id for n in range(5)]  # type: ignore[union-attr]
    found = client.message.get(ids[0])
    assert (found.url, found.body, found.method, found.max_retries) == (target.job, "0", "POST", 3)
    client.message.cancel(ids[0])
    assert client.message.cancel_many([ids[0], ids[1], "msg_none"]) == 1
    assert [each.id for each in qstash.waiting] == ids[2:]
    assert client.message.cancel_all() == 3
    assert (qstash.deliver_all(), target.got) == ([], [])
    with pytest.raises(QStashError, match="404"):
        client.message.get(ids[0])


def test_the_same_id_is_taken_once(qstash: QStash, client: Client, target: Target) -> None:
    """While the window lasts, also after it was delivered; a duplicate gets the id of the first."""
    first: Any = client.message.publish(url=target.job, body="1", deduplication_id="one")
    qstash.deliver_next()
    again: Any = client.message.publish(url=target.job, body="2", deduplication_id="one")
    assert (again.message_id, again.deduplicated, first.deduplicated) == (first.message_id, True, False)
    assert (len(qstash.messages), qstash.deduplicated) == (1, 1)
    qstash.clock += 600
    assert not client.message.publish(url=target.job, body="2", deduplication_id="one").deduplicated  # type: ignore[union-attr]


def test_the_same_content_is_taken_once_on_request(qstash: QStash, client: Client, target: Target) -> None:
    """And other content as something else."""
    for body in ("a", "a", "b"):
        client.message.publish(url=target.job, body=body, content_based_deduplication=True)
    assert [each.body for each in qstash.messages] == [b"a", b"b"]


def test_a_wrong_token_is_refused(qstash: QStash, target: Target) -> None:
    """With a 401, which the client raises."""
    with pytest.raises(QStashError, match="status: 401"):
        Client("wrong", retry=False, base_url=qstash.url).message.publish(url=target.job)
    assert (qstash.messages, qstash.refused) == ([], 1)
    assert qstash.requests == [f"POST /v2/publish/{target.job}"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("publish/example.com/x", {}, 400),
        ("publish/a-group", {}, 400),
        ("publish/http://127.0.0.1:9/", {"Upstash-Retries": "many"}, 400),
        ("publish/http://127.0.0.1:9/", {"Upstash-Delay": "soon"}, 400),
        ("publish/http%3A%2F%2F127.0.0.1%3A9%2Fjob", {}, 201),
        ("batch", {}, 400),
        ("schedules/x", {}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(qstash: QStash, path: str, headers: dict[str, str], status: int) -> None:
    """With an error in JSON."""
    headers = {"Authorization": f"Bearer {qstash.token}"} | headers
    answer = httpx2.post(f"{qstash.url}/v2/{path}", headers=headers, content=b"[1", trust_env=False)
    assert answer.status_code == status
    assert list(answer.json()) == (["messageId"] if status == 201 else ["error"])


def test_durations_are_read() -> None:
    """As the vendor writes them."""
    assert [seconds_of(text) for text in ("0s", "10s", "2m", "1d2h3m4s")] == [0, 10, 120, 93784]
    for text in ("", "10", "s", "-1s", "1s2m"):
        with pytest.raises(ValueError, match="duration"):
            seconds_of(text)


# Deliveries in their turn


def test_a_failing_delivery_is_tried_again(qstash: QStash, client: Client, target: Target) -> None:
    """Later and later, with the count in a header, until it succeeds."""
    client.message.publish_json(url=target.job, body=BODY)
    target.statuses = [500, 404, 302]
    moments, answers = [], []
    while qstash.waiting:
        answers.append(qstash.deliver_next())
        moments.append(round(qstash.clock))
    assert [answer.status for answer in answers] == [500, 404, 302, 200]
    assert moments == [0, 12, 161, 1969]
    assert [target.header("upstash-retried", n) for n in range(4)] == ["0", "1", "2", "3"]
    assert {target.header("upstash-message-id", n) for n in range(4)} == {qstash.messages[0].id}
    assert qstash.messages[0].state == "delivered"
    verify(qstash, target)


def test_a_message_fails_in_the_end(qstash: QStash, client: Client, target: Target) -> None:
    """After as many retries as it asked for; a dead service counts as a failure."""
    client.message.publish(url=target.job, retries=1)
    target.die()
    answers = qstash.deliver_all()
    assert [(answer.status, answer.problem) for answer in answers] == [
        (None, "the connection broke (ConnectError)")
    ] * 2
    assert (qstash.messages[0].state, qstash.waiting) == ("failed", [])


def test_a_service_may_refuse_retries(qstash: QStash, client: Client, target: Target) -> None:
    """With the status and the header that the vendor names."""
    client.message.publish(url=target.job)
    target.statuses, target.more = [489], {"Upstash-NonRetryable-Error": "true"}
    assert [answer.status for answer in qstash.deliver_all()] == [489]
    assert qstash.messages[0].state == "failed"


def test_a_service_that_hangs_is_given_up(qstash: QStash, client: Client, target: Target) -> None:
    """The attempt counts, and the connection is closed."""
    client.message.publish(url=target.job, retries=0)
    target.hang()
    answer = qstash.deliver_next(seconds=0.05)
    assert (answer.answered, answer.problem, qstash.messages[0].state) == (False, "none came", "failed")
    assert Waiter().until(lambda: not target._hanging)


def test_delays_put_messages_in_order(qstash: QStash, client: Client, target: Target) -> None:
    """What is due first is delivered first, and nobody waits for it."""
    client.message.publish(url=target.job, body="hour", delay="1h")
    client.message.publish(url=target.job, body="minute", delay=60)
    client.message.publish(url=target.job, body="soon", not_before=int(time.time()) + 5)
    client.message.publish(url=target.job, body="now")
    qstash.deliver_all()
    assert [body for _, body in target.got] == [b"now", b"soon", b"minute", b"hour"]
    assert round(qstash.clock) == 3600


def test_callbacks_tell_what_became_of_it(qstash: QStash, client: Client, target: Target) -> None:
    """One for a success, one for the failure of all attempts, each signed."""
    for retries in (0, 1):
        options = {"callback": f"{target.url}/ok", "failure_callback": f"{target.url}/bad", "retries": retries}
        client.message.publish(url=target.job, **options)
    target.statuses = [500, 200]
    qstash.deliver_all()
    told = {str(request.url): json.loads(body) for request, body in target.got if "snapshot" not in str(request.url)}
    assert {url.rpartition("/")[2]: each["status"] for url, each in told.items()} == {"bad": 500, "ok": 200}
    first = told[f"{target.url}/bad"]
    assert base64.b64decode(first["body"]) == b'{"done": true}'
    assert (first["sourceMessageId"], first["retried"]) == (qstash.messages[0].id, 0)
    verify(qstash, target, url=str(target.got[-1][0].url))


def test_it_delivers_to_this_machine_only(qstash: QStash, client: Client) -> None:
    """Another destination is a failed attempt, and no connection."""
    client.message.publish(url="https://shelf.example.com/jobs", retries=0)
    answer = qstash.deliver_next()
    assert "not on this machine" in answer.problem
    with pytest.raises(StepFailed, match="not on this machine"):
        answer.expect(200)


def test_a_step_learns_that_nothing_was_published(qstash: QStash) -> None:
    """In words, as soon as waiting is in vain."""
    qstash.renew(Waiter(hopeless=[lambda: True]))
    assert not qstash.arrived()
    for wait in (qstash.deliver_next, qstash.wait_for):
        with pytest.raises(StepFailed, match=r"QStash waited for a message.*: none came"):
            wait()


def test_it_can_deliver_by_itself(target: Target) -> None:
    """After the delay that was asked for, with retries."""
    target.statuses = [500]
    with QStash(automatic=True) as qstash:
        client = Client(qstash.token, retry=False, base_url=qstash.url)
        client.message.publish(url=target.job, body="late", delay="1d")
        client.message.publish(url=target.job, body="now")
        assert Waiter().until(lambda: qstash.messages[1].state == "delivered")
    assert [body for _, body in target.got] == [b"now", b"now"]
    assert [target.header("upstash-retried", n) for n in (0, 1)] == ["0", "1"]


# Deliveries of any kind


def test_a_message_can_come_twice_and_out_of_turn(qstash: QStash, client: Client, target: Target) -> None:
    """Under one id, signed anew, also at the same moment; what was delivered stays delivered."""
    for body in ("first", "second"):
        client.message.publish(url=target.job, body=body)
    first, second = qstash.messages
    qstash.deliver(second).expect(200)
    target.statuses = [200, 500]
    qstash.deliver(second).expect(200)
    qstash.deliver(second).expect(500)
    assert (second.state, qstash.waiting) == ("delivered", [first])

    target.hold()
    both = [qstash.start(first), qstash.start(first)]
    assert target.wait_for_held(2)
    assert not any(each.done for each in both)
    target.release()
    assert [each.answer().status for each in both] == [200, 200]
    assert [body for _, body in target.got] == [b"second"] * 3 + [b"first"] * 2
    assert len({target.header("upstash-signature", n) for n in range(5)}) == 5
    for n in range(5):
        verify(qstash, target, n)


@pytest.mark.parametrize("how", FORGERIES)
def test_the_receiver_refuses_forgeries(qstash: QStash, client: Client, target: Target, how: str) -> None:
    """Every one; and a forgery is no attempt of QStash's."""
    client.message.publish_json(url=target.job, body=BODY)
    [message] = qstash.messages
    qstash.deliver(message, forged=how).expect(200)
    assert json.loads(target.got[0][1])["bookmark_id"] == 7
    assert target.header("upstash-message-id") == message.id
    with pytest.raises((SignatureError, KeyError)):  # the vendor's receiver trips over a missing digest
        verify(qstash, target)
    assert (message.state, message.answers) == ("waiting", [])
    qstash.deliver_next()
    verify(qstash, target)


def test_a_signature_for_another_url_is_refused_only_if_asked(qstash: QStash, client: Client, target: Target) -> None:
    """The vendor's receiver looks at the URL when it is given one."""
    client.message.publish(url=target.job)
    qstash.deliver(qstash.messages[0], forged="signed for another URL")
    verify(qstash, target, url=None)


def test_a_replay_is_the_same_to_the_byte(qstash: QStash, client: Client, target: Target) -> None:
    """And the vendor's receiver accepts it."""
    client.message.publish_json(url=target.job, body=BODY)
    qstash.deliver_next()
    qstash.replay(qstash.messages[0]).expect(200)
    (one, body), (other, again) = target.got
    assert ({**one.headers}, body) == ({**other.headers}, again)
    assert len(qstash.messages[0].answers) == 1
    verify(qstash, target)


def test_other_bytes_can_be_signed_rightly(qstash: QStash, client: Client, target: Target) -> None:
    """So that JSON written in another way is a right delivery; and so is a message that nobody published."""
    client.message.publish_json(url=target.job, body=BODY)
    qstash.deliver(qstash.messages[0], body=b' {"bookmark_id":7}\n')
    verify(qstash, target)
    qstash.deliver(qstash.message(target.job, json={"bookmark_id": 8}))
    assert (json.loads(target.got[1][1]), len(qstash.messages)) == ({"bookmark_id": 8}, 1)
    verify(qstash, target)


def test_it_can_be_delivered_to_another_process(qstash: QStash, client: Client, target: Target) -> None:
    """Of the same service: the signature is for the URL that was published."""
    client.message.publish(url="http://127.0.0.1:9/jobs/snapshot?a=1&b=%20x")
    qstash.deliver_next(to=target.url).expect(200)
    verify(qstash, target, url="http://127.0.0.1:9/jobs/snapshot?a=1&b=%20x")


def test_keys_can_be_rotated(qstash: QStash, client: Client, target: Target) -> None:
    """A service that knows the old pair accepts what is signed with the new one; after the next turn no more."""
    old = Receiver(qstash.current_signing_key, qstash.next_signing_key)

    def accepted() -> bool:
        qstash.deliver(qstash.message(target.job, json=BODY))
        request, body = target.got[-1]
        try:
            old.verify(signature=request.headers["upstash-signature"], body=body.decode(), url=target.job)
        except SignatureError:
            return False
        return True

    assert accepted()
    qstash.rotate_keys()
    assert accepted()
    assert client.signing_key.get().current == qstash.current_signing_key
    assert client.signing_key.rotate().current == qstash.env["QSTASH_CURRENT_SIGNING_KEY"]
    assert not accepted()


# Faults


def test_publishing_can_be_refused(qstash: QStash, client: Client, target: Target) -> None:
    """With any status; nothing is taken until it is well again."""
    qstash.fail(503)
    with pytest.raises(QStashError, match="status: 503"):
        client.message.publish(url=target.job)
    qstash.heal()
    client.message.publish(url=target.job)
    assert (len(qstash.messages), len(qstash.requests), qstash.refused) == (1, 2, 1)


def test_it_dies_and_comes_back(qstash: QStash, client: Client, target: Target) -> None:
    """On the same port, with the messages it had."""
    client.message.publish(url=target.job, body="before")
    qstash.die()
    with pytest.raises(httpx.ConnectError):
        client.message.publish(url=target.job)
    qstash.come_back()
    client.message.publish(url=target.job, body="after")
    assert [answer.status for answer in qstash.deliver_all()] == [200, 200]


def test_it_hangs_answers_late_and_talks_nonsense(qstash: QStash, target: Target) -> None:
    """Hanging takes nothing; late means taken, though the caller gives up; nonsense is of no use."""

    async def impatient() -> None:
        client = AsyncQStash(qstash.token, retry=False, base_url=qstash.url)
        for fault in (qstash.hang, lambda: qstash.slow(60)):
            fault()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.message.publish(url=target.job, body="x")
        qstash.nonsense()
        with pytest.raises(ValueError, match="Expecting value"):
            await client.message.publish(url=target.job)

    asyncio.run(impatient())
    assert [each.body for each in qstash.messages] == [b"x"]


def test_publishing_can_be_held(qstash: QStash, target: Target) -> None:
    """What is held is not taken before it is released; a caller who leaves has published nothing."""

    async def held() -> None:
        client = AsyncQStash(qstash.token, retry=False, base_url=qstash.url)
        qstash.hold()
        tasks = [asyncio.create_task(client.message.publish(url=target.job, body=f"{n}")) for n in range(2)]
        assert await asyncio.to_thread(qstash.wait_for_held, 2)
        assert qstash.messages == []
        tasks[0].cancel()
        assert await asyncio.to_thread(Waiter().until, lambda: qstash.held == 1)
        qstash.release()
        await tasks[1]

    asyncio.run(held())
    assert [each.body for each in qstash.messages] == [b"1"]


def test_a_new_one_has_no_memory(qstash: QStash, client: Client, target: Target) -> None:
    """`renew` ends faults and holds, and keeps port and token."""
    client.message.publish(url=target.job, deduplication_id="x")
    env = qstash.env
    qstash.hold()
    qstash.die()
    qstash.renew()
    assert (qstash.messages, qstash.requests, qstash.clock, qstash.env) == ([], [], 0, env)
    client.message.publish(url=target.job, deduplication_id="x")
    assert len(qstash.messages) == 1


def test_a_closed_server_leaves_nothing() -> None:
    """After `close` nobody listens and no thread is left; closing again is no error."""
    before = threading.active_count()
    server = QStash(automatic=True)
    Client(server.token, retry=False, base_url=server.url).message.publish(url="http://127.0.0.1:9/", delay="1d")
    server.close()
    server.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=GUARD)


def test_the_module_imports_nothing_heavy() -> None:
    """Importing the module loads none of the libraries behind the server."""
    code = "import sys, workshop.testbed.qstash as _; print({'jwt', 'uvicorn', 'starlette'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"set()"
