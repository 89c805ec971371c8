"""When two URLs are one."""

PORTS = {"http": ":80", "https": ":443"}


def normalize_url(url: str) -> str:
    """Return the one form of `url` by which it is known: scheme and host in small letters, no default port, a path.

    All else stays as it is. What a path, a query or a fragment means, and whether case counts there, its site decides.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    end = min((place for mark in "/?#" if (place := rest.find(mark)) >= 0), default=len(rest))
    login, at, host = rest[:end].rpartition("@")
    host = host.lower().removesuffix(":").removesuffix(PORTS.get(scheme, ":"))
    path = rest[end:] if rest.startswith("/", end) else f"/{rest[end:]}"
    return f"{scheme}://{login}{at}{host}{path}"
