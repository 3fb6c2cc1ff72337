"""A real Celery worker for tests: prefork, on the session's broker and test database."""

import datetime
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.db import connection

from dashboards.tasks import make_reports
from measurement.tasks import sweep, work
from tests.gates import eventually
from trialsite.embedded import ROOT
from trialsite.processes import Child, start, tail

SECONDS_BETWEEN_SWEEPS = 0.25


class Worker:
    """A worker that can be killed and started again; its sweeps are the test's to send."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._child: Child | None = None

    def start(self, *, lives_from: datetime.datetime | None = None) -> None:
        """Start the worker and wait until it takes tasks. Its clock can run from another moment."""
        app = "tests.another_day" if lives_from else "trialsite"
        celery = [str(Path(sys.executable).parent / "celery"), "--app", app, "worker"]
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle"]
        database = urlsplit(os.environ["DATABASE_URL"])
        database = database._replace(path=f"/{connection.settings_dict['NAME']}")
        self._log.write_text("")
        self._child = start(
            [*celery, *options, "--loglevel", "INFO"],
            name="worker",
            log=self._log,
            environment={
                **os.environ,
                "DATABASE_URL": database.geturl(),
                "LIVES_FROM": lives_from.isoformat() if lives_from else "",
            },
            folder=ROOT,
        )
        eventually(lambda: " ready." in self._log.read_text(), f"ready: {tail(self._log)}")

    @property
    def pool(self) -> list[psutil.Process]:
        """The processes that do the tasks."""
        assert self._child is not None
        return psutil.Process(self._child.process.pid).children()

    def kill_pool(self) -> None:
        """Kill -9 the processes that do the tasks, not the one that hands tasks to them."""
        for process in self.pool:
            process.kill()

    def kill(self) -> None:
        """Kill -9 the worker with all its processes."""
        assert self._child is not None
        os.killpg(self._child.process.pid, signal.SIGKILL)
        self._child.process.wait()

    def stop(self) -> None:
        """End what runs, at once: nobody waits for what it does."""
        if self._child is not None:
            self._child.stop(by=signal.SIGKILL)

    def sweep_until(self, holds: Callable[[], bool], what: str) -> None:
        """Send sweeps as the timetable does, until it holds."""

        def sent_or_held() -> bool:
            if holds():
                return True
            sweep.apply_async(expires=2)
            return False

        eventually(sent_or_held, f"{what}; {tail(self._log)}", SECONDS_BETWEEN_SWEEPS)

    def work_until(self, holds: Callable[[], bool], what: str) -> None:
        """Have the worker look for jobs as the timetable does, until it holds."""

        def sent_or_held() -> bool:
            if holds():
                return True
            # None expires: where a test lets the site's time be another, the worker's is not.
            for task in (work, make_reports):
                task.apply_async()
            return False

        eventually(sent_or_held, f"{what}; {tail(self._log)}", SECONDS_BETWEEN_SWEEPS)
