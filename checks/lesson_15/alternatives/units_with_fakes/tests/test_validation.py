"""Schemas, by themselves."""

import pytest
from pydantic import ValidationError

from shelf.accounts.schemas import AccountCreate
from shelf.bookmarks.schemas import BookmarkCreate, BookmarkUpdate


class TestUrls:
    @pytest.mark.parametrize("url", ["ftp://example.com/", "example.com"])
    def test_refused(self, url: str) -> None:
        with pytest.raises(ValidationError):
            BookmarkCreate(url=url)

    def test_kept_as_it_came(self) -> None:
        assert BookmarkCreate(url="https://example.com").url == "https://example.com"


def test_tags() -> None:
    assert BookmarkCreate(url="https://example.com", tag_names=[" b", "a ", "B"]).tag_names == ["a", "b"]


def test_what_is_absent_is_not_dumped() -> None:
    assert BookmarkUpdate(unread=True).model_dump() == {"unread": True}


@pytest.mark.parametrize("age", [18, 150])
def test_ages_that_are_allowed(age: int) -> None:
    sent = {"email": "a@example.com", "username": "ann", "age": age, "password": "x" * 12}
    assert AccountCreate.model_validate(sent).age == age
