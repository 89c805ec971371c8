"""Lesson 15: tests that notice when something breaks."""

import pytest

from workshop.testbed import because

LOOK = "'{}' in the lesson: each of its sentences is a promise, and a bug breaks one."


@pytest.mark.until(16)
def test_bugs_of_validation_are_caught(suite):
    """Each bug of validation makes a test fail."""
    caught(
        suite,
        "validation",
        "tests send what is fine, and nothing that is nearly fine: the last value that is allowed, the first that is"
        " not, a field left out. Or the status is looked at, and not what was kept.",
    )


@pytest.mark.until(16)
def test_bugs_of_ownership_are_caught(suite):
    """Each bug of ownership makes a test fail."""
    caught(
        suite,
        "ownership",
        "everything is asked for by its owner, or one road is tried and the others are not: by number, in a list, in an"
        " export, with a token that counts no longer.",
    )


@pytest.mark.until(16)
def test_bugs_of_transactions_are_caught(suite):
    """Each bug of transactions makes a test fail."""
    caught(
        suite,
        "transactions",
        "what an answer says is believed. Ask again, in a request of its own, what there is now: after a success, and"
        " after a refusal.",
    )


@pytest.mark.until(16)
def test_bugs_of_queries_are_caught(suite):
    """Each bug of queries makes a test fail."""
    caught(
        suite,
        "queries",
        "there are too few rows for a wrong query to show: two with one date, one that is nearly found, a last page.",
    )


@pytest.mark.until(16)
def test_bugs_of_caching_are_caught(suite):
    """Each bug of caching makes a test fail."""
    caught(
        suite,
        "caching",
        "the cache of the tests is empty, or not there at all. A wrong one shows at the second question: after a"
        " change, with another limit, while Redis is away.",
    )


@pytest.mark.until(16)
def test_bugs_of_errors_are_caught(suite):
    """Each bug of errors makes a test fail."""
    caught(
        suite,
        "errors",
        "of an error the status is looked at alone. Callers also read its headers and its document, and must not find"
        " there what is not for them.",
    )


def caught(suite, family, cause):
    """Fail the step if a bug of a family goes unnoticed."""
    hunt = suite.hunt(family)
    if not suite.asserts:
        cause = "the tests assert nothing: whatever Shelf answers, they pass."
    assert not hunt.missed, because(
        saw=f"Of {hunt.bugs} bugs of {family} that were planted one by one, {hunt.missed}"
        f" {'was' if hunt.missed == 1 else 'were'} not noticed: all tests passed.",
        expected="at least one test that fails, for each of them.",
        cause=cause,
        look=LOOK.format(family.capitalize()),
    )
