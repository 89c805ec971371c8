"""All or nothing, over HTTP."""

from starlette.testclient import TestClient

URL = "/api/bookmarks/"


def test_saved(client: TestClient, ann: dict[str, str]) -> None:
    saved = client.post(URL, json={"url": "https://example.com", "title": "T"}, headers=ann).json()
    assert client.get(f"{URL}{saved['id']}/", headers=ann).json()["title"] == "T"


def test_saved_again(client: TestClient, ann: dict[str, str]) -> None:
    for title in ("old", "new"):
        client.post(URL, json={"url": "https://example.com", "title": title}, headers=ann)
    assert [found["title"] for found in client.get(URL, headers=ann).json()["results"]] == ["new"]


def test_broken_file(client: TestClient, ann: dict[str, str]) -> None:
    links = "".join(f'<DT><A HREF="https://example.com/{"x" * 200}{number}">x</A>\n' for number in range(800))
    head = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
    sent = {"file": ("bookmarks.html", (head + links).encode() + b"\xff\xfe", "text/html")}
    assert client.post(f"{URL}import/", files=sent, headers=ann).status_code == 422
    assert client.get(URL, headers=ann).json()["count"] == 0
