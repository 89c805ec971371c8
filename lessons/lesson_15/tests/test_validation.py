"""What comes in is checked, and tidied."""

from httpx2 import AsyncClient


# TODO: this test passes whatever becomes of the bookmark. And it is the only one.
async def test_a_bookmark_is_saved(ann: AsyncClient) -> None:
    """It is answered 201."""
    # Arrange: what has to be there before. Nothing, here.

    # Act: the one thing that the test is about.
    answer = await ann.post("/api/bookmarks/", json={"url": "https://example.com/", "tag_names": [" web "]})

    # Assert: what Shelf promises.
    assert answer.status_code == 201
