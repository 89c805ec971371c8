"""Errors are answers, too: they say what the caller can do, and nothing else."""

from actions import BOOKMARKS, save
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from shelf.dependencies import get_page_reader


def problem(answer: Response, status: int) -> dict[str, object]:
    """Return a problem document, which is what the answer has to be."""
    document: dict[str, object] = answer.json()
    assert (answer.status_code, document["status"]) == (status, status)
    assert answer.headers.get("content-type") == "application/problem+json"
    return document


async def test_what_is_not_there_is_a_404(ann: AsyncClient) -> None:
    """Whoever has refused it: a service, or the router."""
    for path in (f"{BOOKMARKS}1/", "/api/tags/1/", "/nowhere"):
        problem(await ann.get(path), 404)


async def test_a_url_that_is_taken_is_a_409(ann: AsyncClient) -> None:
    """A change cannot make two bookmarks one."""
    await save(ann, "https://example.com/1")
    second = await save(ann, "https://example.com/2")

    answer = await ann.patch(f"{BOOKMARKS}{second['id']}/", json={"url": "https://example.com/1"})

    problem(answer, 409)


async def test_a_username_that_is_taken_is_a_409(client: AsyncClient, ann: AsyncClient) -> None:
    """In whatever case."""
    sent = {"email": "other@example.com", "username": "ANN", "age": 33, "password": "a long password"}

    problem(await client.post("/api/accounts/", json=sent), 409)


async def test_who_has_not_signed_in_is_told_how(client: AsyncClient) -> None:
    """401, with a challenge."""
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Token shelf_no"}):
        answer = await client.get(BOOKMARKS, headers=headers)

        problem(answer, 401)
        assert answer.headers.get("www-authenticate") == "Bearer"


async def test_a_422_names_the_field_and_repeats_nothing(client: AsyncClient) -> None:
    """A password least of all."""
    sent = {"email": "ann@example.com", "username": "ann", "age": 33, "password": "too short"}

    document = problem(await client.post("/api/accounts/", json=sent), 422)

    assert [error["loc"] for error in document["errors"]] == [["body", "password"]]  # type: ignore[attr-defined]
    assert "too short" not in str(document)


async def test_a_500_says_nothing_of_the_inside(app: FastAPI, ann: AsyncClient) -> None:
    """It is written down, but not for the caller."""

    def fails() -> None:
        raise RuntimeError("secret words of the inside")

    app.dependency_overrides[get_page_reader] = fails

    answer = await ann.get(f"{BOOKMARKS}check/", params={"url": "https://example.com/"})

    document = problem(answer, 500)
    assert "secret" not in str(document)
