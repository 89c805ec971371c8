"""The words in which a check speaks to a service, as nobody or as somebody."""

from typing import Any

from workshop.testbed.client import Answer, Pending


class Speaker:
    """Sends requests; keywords as in httpx (`params`, `json`, `headers`, `content`)."""

    def start(self, method: str, path: str, **request: Any) -> Pending:
        """Send a request and return at once."""
        raise NotImplementedError

    def request(self, method: str, path: str, **request: Any) -> Answer:
        """Send a request and return its answer."""
        return self.start(method, path, **request).answer()

    def get(self, path: str, **request: Any) -> Answer:
        """GET `path`."""
        return self.request("GET", path, **request)

    def post(self, path: str, **request: Any) -> Answer:
        """POST to `path`."""
        return self.request("POST", path, **request)

    def put(self, path: str, **request: Any) -> Answer:
        """PUT to `path`."""
        return self.request("PUT", path, **request)

    def patch(self, path: str, **request: Any) -> Answer:
        """PATCH `path`."""
        return self.request("PATCH", path, **request)

    def delete(self, path: str, **request: Any) -> Answer:
        """DELETE `path`."""
        return self.request("DELETE", path, **request)
