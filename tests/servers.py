"""Pytest plugin (`-p tests.servers`): real PostgreSQL and Valkey, started when a test needs them.

A plugin and no conftest.py, because the addresses have to stand before the settings are read.
Each session has servers of its own, so sessions of one checkout do not meet; so has each worker of
`pytest -n`, which is a session too. An address that the environment names is used as it is.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from trialsite.embedded import VAR
from trialsite.embedded.postgres import Postgres
from trialsite.embedded.valkey import Valkey
from trialsite.lock import Lock

# Real, but without waiting for the disk: the kernel keeps what a killed server wrote.
QUICK = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "128MB"}


class Servers:
    """The servers of one test session."""

    def __init__(self) -> None:
        self._slot, folder = _free_slot()
        self.postgres = Postgres(folder, QUICK)
        self.valkey = Valkey(folder)
        addressed = {"DATABASE_URL": self.postgres, "REDIS_URL": self.valkey}
        self.ours = {
            variable: server
            for variable, server in addressed.items()
            if os.environ.setdefault(variable, server.url) == server.url
        }

    def start(self, server: Postgres | Valkey) -> None:
        """Start a server, unless it runs or the environment names another."""
        if server in self.ours.values() and not server.owned:
            server.open_alone("pytest")

    def withdraw(self) -> None:
        """Take back the addresses: another process inherits the environment as it was found."""
        for variable in self.ours:
            del os.environ[variable]
        self.ours.clear()
        self._slot.release()

    def stop(self) -> None:
        """Stop what was started and free the slot."""
        for server in self.ours.values():
            server.stop()
        self._slot.release()


def _free_slot() -> tuple[Lock, Path]:
    for number in count():
        folder = VAR / "test" / str(number)
        lock = Lock(folder / "session.lock")
        if lock.take("pytest"):
            return lock, folder
    raise AssertionError("count() does not end")


os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))
servers = Servers()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
    """Start PostgreSQL right before pytest-django makes the test database."""
    if fixturedef.argname == "django_db_setup":
        servers.start(servers.postgres)
    return (yield)


@pytest.fixture(scope="session")
def broker() -> str:
    """Have a real broker; the settings already have its address."""
    servers.start(servers.valkey)
    return os.environ["REDIS_URL"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Leave the servers to the workers of `pytest -n`; their parent runs no test itself."""
    servers.withdraw()


def pytest_unconfigure() -> None:
    """Stop the servers, after an interrupted session too."""
    servers.stop()
