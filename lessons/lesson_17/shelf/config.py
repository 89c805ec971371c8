"""Settings: what can be said from outside."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError


def _split(value: object) -> object:
    """Return the parts of a comma list, without blank ones; what is no text comes back as it is."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _reachable(url: str) -> str:
    """Return `url` if SQLAlchemy can speak to such a database without blocking."""
    try:
        is_async = make_url(url).get_dialect().is_async
    except SQLAlchemyError:
        raise ValueError("SQLAlchemy knows no such database") from None
    if not is_async:
        raise ValueError("its driver blocks; those that do not are postgresql+asyncpg and sqlite+aiosqlite")
    return url


Seconds = Annotated[float, Field(gt=0, le=3600)]
CommaList = Annotated[list[str], NoDecode, BeforeValidator(_split)]
DatabaseUrl = Annotated[str, Field(repr=False), AfterValidator(_reachable)]  # it may hold a password
Networks = Annotated[list[IPvAnyNetwork], NoDecode, BeforeValidator(_split)]
Key = Annotated[SecretStr, Field(min_length=32)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Limit = Annotated[int, Field(ge=0, le=1_000_000_000)]
Window = Annotated[int, Field(ge=1, le=86400)]


class SettingsError(Exception):
    """Settings are wrong; the message names them and says what is wrong, but not what was given."""


@dataclass(frozen=True)
class QStashAccount:
    """How to reach QStash, how to know what it delivers, and where it reaches this Shelf."""

    url: str
    token: str
    current_key: str
    next_key: str
    public_url: str


class Settings(BaseSettings):
    """The settings, from environment variables of the same names, or from a file `.env`.

    The database (by default a file in the working folder), connections to it that stay open, how many more there may be
    for a moment, seconds to wait for one of them, seconds that one page and one refresh may take, pages that a refresh
    fetches at once, connections to one host of pages, origins of browser pages that may call the API, the key that
    signs tokens (the one setting that has to be said), the minutes for which a token counts, hosts that Shelf answers
    to, networks inside whose pages may be fetched all the same, the Redis database for what may be forgotten (none
    without its address and its token) with the seconds that it may take for an answer, how many requests somebody may
    make in how many seconds, and how many attempts to log in (0 is no limit), the proxies that are believed about
    addresses, the QStash account for jobs (none unless it is named in full, with the URL at which QStash reaches this
    Shelf), seconds between two looks for jobs that are to be sent (0: this process sends none) and for which a process
    has them for itself, the token that opens /metrics (without one nobody sees them), whether /docs can be read, and
    whether errors show the inside. And for `python -m shelf`: the address and the port to listen at, how many workers
    there are, and how many seconds they may take to end.
    """

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    database_url: DatabaseUrl = "sqlite+aiosqlite:///shelf.db"
    pool_size: Annotated[int, Field(ge=1, le=1000)] = 10  # to SQLAlchemy, 0 means: without a limit
    max_overflow: Annotated[int, Field(ge=0, le=1000)] = 5  # and so does -1
    pool_timeout: Seconds = 5
    page_seconds: Seconds = 10
    refresh_seconds: Seconds = 60
    refresh_at_once: Annotated[int, Field(ge=1, le=100)] = 5
    pages_per_host: Annotated[int, Field(ge=1, le=1000)] = 6
    cors_origins: CommaList = []
    allowed_hosts: CommaList = ["*"]
    allowed_private_hosts: Networks = []
    secret_key: Key
    access_minutes: Minutes = 30
    upstash_redis_rest_url: AnyHttpUrl | None = None
    upstash_redis_rest_token: SecretStr | None = None
    redis_seconds: Seconds = 0.25
    rate_limit: Limit = 300
    rate_seconds: Window = 60
    login_limit: Limit = 10
    login_seconds: Window = 900
    trusted_proxies: Networks = []
    qstash_url: AnyHttpUrl | None = None
    qstash_token: SecretStr | None = None
    qstash_current_signing_key: SecretStr | None = None
    qstash_next_signing_key: SecretStr | None = None
    public_url: AnyHttpUrl | None = None
    relay_seconds: Annotated[float, Field(ge=0, le=3600)] = 1
    lease_seconds: Seconds = 60
    metrics_token: Key | None = None
    docs: bool = False
    debug: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=100)] = 1
    shutdown_seconds: Annotated[int, Field(ge=1, le=3600)] = 10

    # TODO: where Redis lacks its address or its token, Shelf does without it, and nobody is told.

    def qstash(self) -> QStashAccount | None:
        """Return the QStash account; None if a part of it is missing."""
        secrets = (self.qstash_token, self.qstash_current_signing_key, self.qstash_next_signing_key)
        token, current, following = (secret.get_secret_value() if secret else "" for secret in secrets)
        if not (self.qstash_url and token and current and following and self.public_url):
            return None
        # A URL of Pydantic's ends with a slash, and what is put behind it begins with one.
        url, public_url = (str(each).rstrip("/") for each in (self.qstash_url, self.public_url))
        return QStashAccount(url, token, current, following, public_url)


def load_settings() -> Settings:
    """Read the settings now; raise SettingsError, in one line, if any of them is wrong."""
    try:
        return Settings()  # type: ignore[call-arg]  # what is not passed here comes from outside
    except ValidationError as error:
        faults = [": ".join([*(str(name).upper() for name in one["loc"]), one["msg"]]) for one in error.errors()]
        raise SettingsError("; ".join(faults)) from None
