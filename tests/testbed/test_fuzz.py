"""The fuzzer asks the same for the same seed, gets odd parts past all good ones, and judges by the schema alone."""

import json
from typing import Any

import httpx2
import pytest

from workshop.testbed.client import Answer
from workshop.testbed.fuzz import NUL, Case, Fuzzer

OPERATION: dict[str, Any] = {
    "parameters": [
        {"in": "path", "name": "note_id", "required": True, "schema": {"type": "integer", "minimum": 1}},
        {"in": "query", "name": "q", "schema": {"type": "string"}},
    ],
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
    "responses": {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
        "502": {"description": "promised"},
        "default": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
    },
}
SCHEMA: dict[str, Any] = {
    "paths": {"/notes/{note_id}/": {"put": OPERATION}},
    "components": {
        "schemas": {"Note": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}}
    },
}


def cases(seed: int) -> list[Case]:
    """All that is asked."""
    return list(Fuzzer(SCHEMA, seed)._cases("PUT", "/notes/{note_id}/", OPERATION, 2))


def test_the_same_seed_asks_the_same() -> None:
    """And another one something else."""
    assert cases(1) == cases(1) != cases(2)


def test_each_part_is_odd_in_its_turn() -> None:
    """A NUL is among what is odd, in the path, the query and the body; the rest of the request is good then."""
    odd = [case for case in cases(1) if case.odd == "text"]
    assert next(json.loads(case.sent["content"])["text"] for case in odd) == NUL
    assert all(case.path.split("/")[2].isdigit() for case in odd)
    assert {case.odd for case in cases(1)} >= {"note_id", "q", "text"}


@pytest.mark.parametrize(
    ("status", "kind", "body", "says"),
    [
        (200, "application/json", b'{"text": "a"}', ""),
        (200, "application/json", b'{"text": 1}', "at $.text"),
        (200, "text/html", b"<html>", "not text/html"),
        (422, "application/problem+json", b"{}", ""),
        (500, "application/problem+json", b"{}", "the schema knows no 500 here"),
        (502, "application/problem+json", b"{}", ""),
        (None, "", b"", "no answer came"),
    ],
)
def test_answers_are_judged_by_the_schema(status: int | None, kind: str, body: bytes, says: str) -> None:
    """A status, a type or a shape that the schema does not know is a fault; a 5xx is one unless it is named."""
    headers = httpx2.Headers({"content-type": kind} if kind else {})
    answer = Answer("PUT", "/notes/1/", status=status, headers=headers, body=body)
    found = Fuzzer(SCHEMA, 1).fault(OPERATION, answer)
    assert says in found
    assert bool(says) == bool(found)
