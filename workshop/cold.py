"""The cold start that a pass needs: the service in a process that has imported nothing beforehand.

Steps run on services forked from a warm parent. There `import a` is enough to use `a.b` if anybody has imported `a.b`
before; in production nobody has.
"""

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.testbed import explain_suite
from workshop.testbed.databases import NoPostgresError, new_database
from workshop.testbed.explain_start import no_start
from workshop.testbed.reason import StepFailed
from workshop.testbed.service import Service
from workshop.testbed.waiting import Waiter
from workshop.testbed.world import World

if TYPE_CHECKING:
    from workshop.testbed.migrations import Migrations
    from workshop.testbed.suite import Suite

PATHS = ("/health", "/openapi.json")
CAUSE = "Usually an import is missing: `import a` where the code uses `a.b`, which something else had imported."


class ColdStart:
    """Starts the service in the background, while the steps run."""

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        migrations: "Migrations | None" = None,
        world: Sequence[str] = (),
        database: str = "sqlite",
    ) -> None:
        """Begin; `world` names the stand-ins that the service needs, and it gets some that no step disturbs.

        `database` is the kind of its database. Where there can be none of that kind, there is no start, and no trouble.
        """
        self.folder = folder
        self._world = world
        self._migrations = migrations
        self._data = Path(tempfile.mkdtemp(prefix="shelf-cold-"))
        self._kind = database
        self._env = env
        self._trouble = ""
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name="cold-start", daemon=True)
        self._thread.start()

    def trouble(self) -> str:
        """Wait for the start and return what went wrong; nothing where all is well."""
        self._thread.join()
        return self._trouble

    def abandon(self) -> None:
        """End it: a step has failed, so nobody needs to know."""
        self._abandoned = True
        self._thread.join()

    def _run(self) -> None:
        waiter = Waiter(hopeless=[lambda: self._abandoned])
        try:
            with contextlib.closing(new_database(self._kind, self._data)) as database, World() as world:
                if self._migrations:
                    self._migrations.make_cold(database, waiter)
                database.put()
                env = {"DATABASE_URL": database.url} | world.env(self._world) | dict(self._env)
                self._trouble = self._start(waiter, env)
        except StepFailed as failed:
            self._trouble = _told(failed.reason.saw)
        except NoPostgresError:
            pass
        finally:
            shutil.rmtree(self._data, ignore_errors=True)

    def _start(self, waiter: Waiter, env: Mapping[str, str]) -> str:
        service = Service(self.folder, self._data, env=env, warm=False, waiter=waiter)
        try:
            answers = (service.get(path) for path in PATHS if service.ready)
            said = next((str(answer) for answer in answers if answer.status != 200), "")
            if not service.ready:
                said = no_start(service).saw
            return said and _told(said)
        finally:
            service.close()


def _told(said: str) -> str:
    return f"All steps pass, but in a fresh process the service does not work: {said}\n{CAUSE}"


class ColdSuite:
    """Runs a learner's tests once more, in the background, as their owner does: nothing is imported beforehand."""

    def __init__(self, suite: "Suite") -> None:
        """Begin, on the good service."""
        self._suite = suite
        self._trouble = ""
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name="cold-suite", daemon=True)
        self._thread.start()

    def trouble(self) -> str:
        """Wait for the run and return what went wrong; nothing where all is well."""
        self._thread.join()
        return self._trouble

    def abandon(self) -> None:
        """End it: a step has failed, so nobody needs to know."""
        self._abandoned = True
        self._thread.join()

    def _run(self) -> None:
        run = self._suite.from_nothing(Waiter(hopeless=[lambda: self._abandoned]))
        reason = explain_suite.trouble(self._suite, run) if not (run.green or self._abandoned) else None
        self._trouble = (
            f"All steps pass, but in a fresh process the tests do not: {reason.saw}\n{CAUSE}" if reason else ""
        )
