"""What a check sees of passwords: where they are hashed, how many at once, at what cost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from workshop.testbed.process import warm_up
from workshop.testbed.service import Service

SERVICE = '''"""Hashes passwords, in several ways."""

import asyncio
import hashlib

import anyio.to_thread
from argon2 import PasswordHasher
from fastapi import FastAPI
from pwdlib import PasswordHash

app = FastAPI()
passwords = PasswordHash.recommended()
few = anyio.CapacityLimiter(2)
kept = passwords.hash("kept")


@app.get("/on-loop")
async def on_loop():
    return passwords.hash("secret")


@app.get("/in-threads")
async def in_threads():
    return await anyio.to_thread.run_sync(passwords.verify, "secret", kept, limiter=few)


@app.get("/plain")
def plain():
    return PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1).hash("secret")


@app.get("/others")
async def others():
    hashlib.scrypt(b"secret", salt=b"salt", n=2, r=1, p=1)
    await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"secret", b"salt", 1)


@app.get("/verified")
def verified(kept: str, password: str):
    right, renewed = passwords.verify_and_update(password, kept)
    return right, renewed and "m=65536" in renewed


@app.get("/health")
async def health():
    return "well"
'''
FULL = "argon2 m=65536,t=3,p=4"


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Services start faster."""
    warm_up(["fastapi", "pwdlib.hashers.argon2"])


def serve(folder: Path, *, quick: bool) -> Service:
    """Start the service above."""
    (folder / "app" / "shelf").mkdir(parents=True)
    (folder / "app" / "shelf" / "main.py").write_text(SERVICE)
    return Service(folder / "app", folder, quick_hashes=quick).must_run()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Service]:
    """The service above, quick."""
    service = serve(tmp_path, quick=True)
    yield service
    service.close()


def test_hashing_is_seen_where_it_happens(shelf: Service) -> None:
    """On the loop's thread or not, with argon2 or something else, at the cost that was asked for."""
    shelf.get("/on-loop").expect(200)
    shelf.get("/plain").expect(200)
    shelf.get("/others").expect(200)
    # The one of the import comes before, where argon2 was there before the service was.
    assert [(each["cost"], each["on_loop"]) for each in shelf.hashes()][-4:] == [
        (FULL, True),
        ("argon2 m=19456,t=2,p=1", False),
        ("scrypt", True),
        ("pbkdf2_hmac", False),
    ]


def test_a_quick_hash_is_one_all_the_same(shelf: Service) -> None:
    """It is verified, and says of its cost what was asked for; others are verified, too."""
    kept = shelf.get("/on-loop").expect(200).json
    assert "m=65536,t=3,p=4" in kept
    real = PasswordHasher(memory_cost=64, time_cost=1, parallelism=2).hash("secret")
    for each, password, right in ((kept, "secret", True), (kept, "other", False), (real, "secret", True)):
        params = {"kept": each, "password": password}
        assert shelf.get("/verified", params=params).expect(200).json == [right, None if "65536" in each else right]
    assert [each["cost"] for each in shelf.hashes()][-4:-2] == [FULL, FULL]


def test_a_hash_can_cost_what_it_says(tmp_path: Path) -> None:
    """Unless it is to be quick."""
    shelf = serve(tmp_path, quick=False)
    try:
        kept = shelf.get("/on-loop").expect(200).json
        assert PasswordHasher().verify(kept, "secret")
    finally:
        shelf.close()


def test_hashing_in_threads_can_be_held(shelf: Service) -> None:
    """So it shows how many are hashed at once; on the loop's own thread nothing is held."""
    held = shelf.hold_hashes()
    pending = [shelf.start("GET", "/in-threads") for _ in range(6)]
    assert held.wait_for(2)
    for _ in range(3):
        shelf.get("/health").expect(200)
    assert (held.waiting, any(each.done for each in pending)) == (2, False)
    shelf.get("/on-loop").expect(200)
    held.release()
    assert [each.answer().status for each in pending] == [200] * 6
