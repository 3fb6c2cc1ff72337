"""PostgreSQL and Valkey from their wheels, for a machine that has neither.

They stand in for what DATABASE_URL and REDIS_URL would name, and only where these are unset.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from trialsite.embedded.postgres import Postgres
from trialsite.embedded.server import Server
from trialsite.embedded.valkey import Valkey

__all__ = [
    "ROOT",
    "VAR",
    "celery_url",
    "database_url",
    "needed",
    "redis_url",
    "running",
    "secret_key",
    "servers",
]

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"


def database_url() -> str:
    """Return the address of this checkout's embedded PostgreSQL; starts nothing."""
    return Postgres(VAR).url


def redis_url() -> str:
    """Return the address of this checkout's embedded Valkey; starts nothing."""
    return Valkey(VAR).url


def celery_url(redis_url: str) -> str:
    """Turn a Redis address into Celery's form of it.

    They differ for sockets only: redis-py reads `unix:///path`, Celery `redis+socket:///path`.
    """
    scheme, separator, rest = redis_url.partition("://")
    return "redis+socket://" + rest if scheme == "unix" else scheme + separator + rest


def secret_key(folder: Path = VAR) -> str:
    """Return this checkout's own secret key, made at random the first time."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Temporary files are readable by their owner only; a link appears whole or not at all.
        with NamedTemporaryFile("w", dir=folder) as draft:
            draft.write(secrets.token_urlsafe(64))
            draft.flush()
            with suppress(FileExistsError):  # another process was quicker: its key is the one
                os.link(draft.name, path)
    return path.read_text()


def servers(folder: Path) -> dict[str, Server]:
    """Return both servers of a folder, by the variable that would name another."""
    return {"DATABASE_URL": Postgres(folder), "REDIS_URL": Valkey(folder)}


def needed(folder: Path) -> list[Server]:
    """Return the servers that the environment does not name (the settings put `.env` into it)."""
    return [server for variable, server in servers(folder).items() if not os.environ.get(variable)]


@contextmanager
def running() -> Iterator[None]:
    """Have the needed servers run: start them, or share those of another process.

    What was started here is stopped at the end, when no other process shares it any more.
    """
    with ExitStack() as stack:
        for server in needed(VAR):
            stack.callback(server.close)
            server.open()
        yield
