"""The embedded servers: who starts them, who shares them, and what a kill leaves."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.trialsite.surroundings import processes_of, until
from trialsite import embedded
from trialsite.embedded.postgres import Postgres
from trialsite.embedded.server import Server
from trialsite.embedded.valkey import Valkey
from trialsite.processes import StartError

OWNER = """
import signal, sys
from pathlib import Path
from trialsite.embedded.postgres import Postgres
from trialsite.embedded.valkey import Valkey
servers = [Postgres(Path(sys.argv[1])), Valkey(Path(sys.argv[1]))]
for server in servers:
    server.open_alone("the owner")
print("up", flush=True)
signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert processes_of(tmp_path) == []
    for server in embedded.servers(tmp_path).values():
        shutil.rmtree(server.sockets, ignore_errors=True)  # a killed owner leaves it


@pytest.fixture
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns both servers of the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()
    until(lambda: not processes_of(folder))


def store(server: Server, value: str) -> None:
    if isinstance(server, Postgres):
        with psycopg.connect(server.url) as session:
            session.execute("CREATE TABLE kept AS SELECT %s::text AS value", [value])
    else:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", value)


def stored(server: Server) -> str:
    if isinstance(server, Postgres):
        with psycopg.connect(server.url) as session:
            row = session.execute("SELECT value FROM kept").fetchone()
            assert row is not None
            return str(row[0])
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        return str(client.get("kept"))


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_data_stay_over_a_stop_and_a_start(kind: type[Server], folder: Path) -> None:
    first = kind(folder)
    first.open()
    store(first, "a task log")
    first.close()
    assert processes_of(folder) == []
    assert not first.sockets.exists()
    assert not first.answers()

    second = kind(folder)
    second.open()
    assert stored(second) == "a task log"
    second.close()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_second_process_shares_the_server_and_the_owner_waits(
    kind: type[Server], folder: Path
) -> None:
    owner, guest = kind(folder), kind(folder)
    owner.open()
    guest.open()
    assert owner.owned
    assert not guest.owned
    closing = threading.Thread(target=owner.close)
    closing.start()
    store(guest, "written while the owner wants to go")
    assert stored(guest) == "written while the owner wants to go"
    assert closing.is_alive()
    guest.close()
    closing.join()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_nobody_else_gets_a_data_folder_alone(
    kind: type[Server], folder: Path, owner: subprocess.Popen[str]
) -> None:
    with pytest.raises(StartError, match=f"process {owner.pid}, the owner, uses it"):
        kind(folder).open_alone("make demo")


@pytest.mark.parametrize("victims", ["the owner", "everything"])
def test_a_kill_loses_no_data_and_leaves_no_process(
    victims: str, folder: Path, owner: subprocess.Popen[str]
) -> None:
    servers: list[Server] = [Postgres(folder), Valkey(folder)]
    for server in servers:
        store(server, "acknowledged")
    processes = processes_of(folder)
    assert len(processes) > 3
    owner.kill()
    if victims == "everything":
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    else:
        until(lambda: not processes_of(folder))
    for server in servers:
        server.open()
        assert stored(server) == "acknowledged"
        server.close()


def test_a_frozen_leftover_is_ended(folder: Path, owner: subprocess.Popen[str]) -> None:
    """A server that no signal but KILL can end holds the folder no longer than its owner."""
    valkey = Valkey(folder)
    store(valkey, "acknowledged")
    (frozen,) = [process for process in processes_of(folder) if "valkey" in process.name()]
    frozen.suspend()
    owner.kill()
    owner.wait()
    valkey.leftovers_end_within_seconds = 0.2
    valkey.open()
    assert stored(valkey) == "acknowledged"
    valkey.close()


def test_a_stale_pid_file_naming_a_living_process_is_no_obstacle(folder: Path) -> None:
    server = Postgres(folder)
    server.open()
    store(server, "kept")
    pid_file = folder / "postgres" / "data" / "postmaster.pid"
    text = pid_file.read_text()
    server.close()
    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))
    server.open()
    assert stored(server) == "kept"
    server.close()


def test_an_interrupted_initialisation_is_begun_anew(folder: Path) -> None:
    unfinished = folder / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    server = Postgres(folder)
    server.open()
    server.close()
    assert not unfinished.exists()


def test_two_long_paths_run_side_by_side(folder: Path) -> None:
    checkouts = [folder / (letter * 150) for letter in "ab"]
    servers = [kind(checkout) for checkout in checkouts for kind in (Postgres, Valkey)]
    for server in servers:
        server.open()
        store(server, str(server.data))
    assert [stored(server) for server in servers] == [str(server.data) for server in servers]
    for server in servers:
        server.close()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_only_the_owner_can_enter_and_only_by_the_socket(kind: type[Server], folder: Path) -> None:
    server = kind(folder)
    server.open()
    try:
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        for process in processes_of(folder):
            with suppress(psutil.NoSuchProcess):  # a short-lived child of PostgreSQL
                assert process.net_connections("inet") == []
    finally:
        server.close()


def test_a_socket_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    server = Valkey(folder)
    server.sockets.mkdir(mode=0o777)
    server.sockets.chmod(0o777)
    with pytest.raises(StartError, match="nobody else can enter"):
        server.open()
    server.sockets.rmdir()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    server = Postgres(folder, {"max_connections": "-1"})
    with pytest.raises(StartError, match="max_connections"):
        server.open()
    assert not server.owned


def test_the_database_sorts_by_code_point_and_its_owner_is_no_superuser(folder: Path) -> None:
    server = Postgres(folder)
    server.open()
    with psycopg.connect(server.url) as session:
        row = session.execute(
            "SELECT 'Z' < 'a' AND 'z' < 'é', upper('é'), current_setting('server_encoding'),"
            " current_setting('is_superuser'), current_setting('fsync')"
        ).fetchone()
    server.close()
    assert row == (True, "É", "UTF8", "off", "on")


def test_running_starts_only_what_the_environment_does_not_name(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for given, expected in (
        ({}, ["postgres", "valkey"]),
        ({"DATABASE_URL": "postgresql://db/trialsite"}, ["valkey"]),
        ({"DATABASE_URL": "postgresql://db/trialsite", "REDIS_URL": "redis://broker"}, []),
    ):
        for variable in ("DATABASE_URL", "REDIS_URL"):
            monkeypatch.delenv(variable, raising=False)
        for variable, value in given.items():
            monkeypatch.setenv(variable, value)
        assert [server.name for server in embedded.needed(folder)] == expected


def test_running_starts_and_stops(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(embedded, "VAR", folder)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    with embedded.running():
        assert Postgres(folder).answers()
        assert Valkey(folder).answers()
    assert processes_of(folder) == []


@pytest.mark.parametrize(
    ("address", "celery"),
    [
        ("unix:///tmp/x/valkey.sock", "redis+socket:///tmp/x/valkey.sock"),
        ("redis://:secret@broker:6379/1", "redis://:secret@broker:6379/1"),
        ("rediss://broker/0", "rediss://broker/0"),
    ],
)
def test_celery_gets_its_own_form_of_the_address(address: str, celery: str) -> None:
    assert embedded.celery_url(address) == celery


def test_the_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    key = embedded.secret_key(folder)
    assert len(key) >= 64
    assert embedded.secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
