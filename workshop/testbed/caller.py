"""Somebody who has an account: requests in their name."""

import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.testbed.client import Pending
from workshop.testbed.speaker import Speaker

if TYPE_CHECKING:
    from workshop.testbed.service import Service

ACCOUNTS = "/api/accounts/"
TOKEN = "/api/auth/token"  # noqa: S105 - a path


@dataclass(frozen=True)
class Caller(Speaker):
    """An account and a token of it; asks `service` in its name, with `Service`'s own words."""

    service: "Service"
    username: str
    password: str
    token: str
    app: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """What makes a request theirs."""
        return {"Authorization": f"Bearer {self.token}"}

    def start(self, method: str, path: str, **request: Any) -> Pending:
        """Send a request and return at once."""
        headers = self.headers | dict(request.pop("headers", None) or {})
        return self.service.start(method, path, app=self.app, headers=headers, **request)


def sign_up(service: "Service", username: str = "", password: str = "", *, app: int = 0) -> Caller:
    """Open an account, unless there is one of this name, and get a token for it; the step fails where that fails."""
    username, password = username or word(10), password or word(16)
    new = {"email": f"{username.lower()}@example.com", "username": username, "age": 33, "password": password}
    service.post(ACCOUNTS, app=app, json=new).expect(201, 409, about="Opening an account:")
    return sign_in(service, username, password, app=app)


def sign_in(service: "Service", username: str, password: str, *, app: int = 0) -> Caller:
    """Get a token for an account; the step fails where that fails."""
    form = {"grant_type": "password", "username": username, "password": password}
    answer = service.post(TOKEN, app=app, data=form).expect(200, about="Asking for a token:")
    return Caller(service, username, password, str(answer["access_token"]), app)


def word(length: int) -> str:
    """Return letters by chance."""
    return "".join(random.choices(string.ascii_lowercase, k=length))  # noqa: S311 - guards nothing
