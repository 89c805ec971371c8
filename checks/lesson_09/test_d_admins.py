"""Lesson 09: who may do more, and who may do nothing any more."""

import json
import random
import string

from workshop.testbed import because

ACCOUNTS = "/api/accounts/"
ADMIN = "/api/admin/accounts/"
BOOKMARKS = "/api/bookmarks/"
ME = "/api/accounts/me/"
TOKEN = "/api/auth/token"
ASKS = "shelf/accounts/dependencies.py, and 'Who is asking' in the lesson."


def test_admins_only_where_admins_only(shelf, database):
    """Only superusers see and change accounts: 403 for others, and for one who is none any more."""
    ann, ben = shelf.sign_up(), shelf.sign_up()
    his = ben.get(ME).expect(200)["id"]
    for method, path, body in admin_routes(his):
        answer = ann.request(method, path, **body)
        answer.expect(403, about="Somebody who is no superuser:", cause=why_let_in(answer), look=ASKS)
    cannot_be_made(shelf, ann, his)

    promote(database, ann, 1)
    answer = ann.get(ADMIN).expect(200, about="Superusers:", cause=STALE, look=ASKS)
    names = {each["username"] for each in answer["results"]}
    wanted = {"id", "email", "username", "age", "date_joined", "is_active", "is_superuser"}
    fine = {ann.username, ben.username} <= names and set(answer["results", 0]) == wanted
    assert fine, because(
        saw=f"{answer}",
        expected=f"`results` with every account, each with {', '.join(sorted(wanted))}, and nothing else.",
        cause="the schema of this answer lacks a field, or the row is answered as it is, hash and all.",
        look="shelf/accounts/admin.py and shelf/accounts/schemas.py.",
    )
    ann.patch(f"{ADMIN}{his + 1000}/", json={"is_active": False}).expect(404, about="An account that is not there:")
    answer = ann.patch(f"{ADMIN}{his}/", json={"is_active": True}).expect(200)
    assert (answer["id"], answer["is_active"]) == (his, True), because(
        saw=f"{answer}",
        expected=f"account {his}, with `is_active`: true.",
        cause="another account is changed, or the answer shows the one from before.",
        look="shelf/accounts/admin.py.",
    )
    promote(database, ann, 0)
    answer = ann.get(ADMIN)
    answer.expect(403, about="A superuser who is none any more, with the token from before:", cause=STALE, look=ASKS)


def test_a_deactivated_account_is_out_at_once(shelf, database):
    """Nobody without a token, and no account that was deactivated, gets in on any route."""
    ann, ben, eve = shelf.sign_up(), shelf.sign_up(), shelf.sign_up()
    promote(database, ann, 1)
    url = f"https://{word()}.example.com/"
    ben.post(BOOKMARKS, json={"url": url}).expect(201)
    his = ben.get(ME).expect(200)["id"]
    ann.patch(f"{ADMIN}{his}/", json={"is_active": False}).expect(200)
    for method, path in every_route(shelf):
        body = {} if method in ("GET", "DELETE") else {"json": {}}
        out(shelf.request(method, path, **body), "Without a token:", "the route asks for nobody.")
        out(ben.request(method, path, **body), "A deactivated account, with a token that has not expired:")
    shelf.post(TOKEN, data={"username": ben.username, "password": ben.password}).expect(
        401, about="A deactivated account asks for a new token:", cause=UNASKED, look=LOG_IN
    )
    eve.get(ME).expect(200, about="An account that is still active:")
    ann.patch(f"{ADMIN}{his}/", json={"is_active": True}).expect(200)
    answer = ben.get(BOOKMARKS).expect(200, about="An account that is active again:")
    assert answer["count"] == 1, because(
        saw=f"An account was not active for a while, and is again. {answer}",
        expected="its bookmark is still there.",
        cause="deactivating an account removes what it keeps.",
        look="shelf/accounts/admin.py.",
    )
    database.execute("DELETE FROM accounts WHERE username = ?", eve.username)
    out(eve.get(ME), "An account that is gone, with a token that has not expired:")
    out(eve.post(BOOKMARKS, json={"url": url}), "An account that is gone, saving a bookmark:")


# What the steps share

LOG_IN = "`sign_in` in shelf/accounts/service.py, and 'One answer for all' in the lesson."
UNASKED = "the log-in looks at the password alone."
WHY_STILL_IN = "the token is believed until it expires, and nobody looks at the account; or only whether it is there."
STALE = "what an account may do is taken from the token, not from the database: it was true when the token was made."


def word():
    return "".join(random.choices(string.ascii_lowercase, k=10))


def promote(database, caller, superuser):
    """Make somebody a superuser, or none, past the service."""
    database.execute("UPDATE accounts SET is_superuser = ? WHERE username = ?", superuser, caller.username)


def admin_routes(account_id):
    yield "GET", ADMIN, {}
    yield "PATCH", f"{ADMIN}{account_id}/", {"json": {"is_active": False}}
    yield "PATCH", f"{ADMIN}{account_id}/", {"json": {"is_superuser": True}}


def why_let_in(answer):
    if answer.status == 200:
        return "the route asks who is there, and not whether they are a superuser."
    return "401 says: sign in. They have, and it would not help; 403 says that they may not."


def cannot_be_made(shelf, ann, his):
    """Fail the step if somebody can make themselves a superuser."""
    new = {"email": f"{word()}@example.com", "username": word(), "age": 30, "password": word() * 2}
    answer = shelf.post(ACCOUNTS, json=new | {"is_superuser": True, "is_active": True, "id": 1})
    if answer.status == 422:  # to refuse what nobody asked for is right, too
        return
    answer.expect(201)
    token = shelf.post(TOKEN, data={"username": new["username"], "password": new["password"]}).expect(200)
    answer = shelf.get(ADMIN, headers={"Authorization": f"Bearer {token['access_token']}"})
    answer.expect(
        403,
        about=f"An account that was opened with {json.dumps({'is_superuser': True})} in the body:",
        cause="what was sent is kept as it came, with fields that nobody may send.",
        look="shelf/accounts/schemas.py and shelf/accounts/service.py.",
    )


def out(answer, about, why=WHY_STILL_IN):
    """Fail the step unless an answer is a 401 with a challenge."""
    words = {"cause": why, "look": ASKS} if answer.status != 500 else {}
    answer.expect(401, about=about, **words)
    assert answer.headers.get("www-authenticate", "").lower().startswith("bearer"), because(
        saw=f"{about} {answer.method} {answer.path} answered 401 without WWW-Authenticate.",
        expected="`WWW-Authenticate: Bearer`, as for every token that does not count.",
        cause="this 401 is raised in another place than the others.",
        look=ASKS,
    )


OPEN = {("GET", "/health"), ("POST", ACCOUNTS), ("POST", TOKEN)}
"""What needs no token."""
KNOWN = [
    *[("GET", f"{BOOKMARKS}{part}") for part in ("", "archived/", "export/", "check/?url=http://a.example", "1/")],
    *[("POST", f"{BOOKMARKS}{part}") for part in ("", "1/archive/", "1/unarchive/", "import/", "refresh/")],
    *[(method, f"{BOOKMARKS}1/") for method in ("PUT", "PATCH", "DELETE")],
    *[("GET", path) for path in (ME, "/api/user/profile/", ADMIN, "/api/tags/", "/api/tags/1/")],
    ("POST", "/api/tags/"),
    ("PATCH", f"{ADMIN}1/"),
]


def every_route(shelf):
    """Every route of the API that wants a token: those that are known, and whatever else the service says it has."""
    paths = shelf.get("/openapi.json").expect(200)["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods if path.startswith("/api/")}
    found = {(method, "/".join("1" if part[:1] == "{" else part for part in path.split("/"))) for method, path in told}
    return [*KNOWN, *sorted(found - set(KNOWN) - OPEN)]
