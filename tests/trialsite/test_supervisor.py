"""`make demo`: it starts everything, watches it, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.trialsite.surroundings import free_port, processes_of, until
from trialsite.embedded import ROOT
from trialsite.processes import StartError
from trialsite.supervisor import demo_environment

# SIGINT is ignored at the start, as in a shell's background job. Coverage measures the supervisor,
# not what it starts.
SCRIPT = """
import os, signal, sys
from pathlib import Path
from trialsite import embedded, supervisor
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
embedded.VAR = Path(sys.argv[1])
sys.exit(supervisor.main(sys.argv[2:]))
"""


class Run:
    """One run of the demo in a folder of its own."""

    def __init__(self, folder: Path, port: int, traced: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.output = folder / f"output-{port}.txt"
        given = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(folder), "--participants", "200"],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**given, **traced, "PORT": str(port), "TEST_FOLDER": str(folder)},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        until(lambda: "Ready: " in self.said or self.process.poll() is not None, 300)
        assert self.said.endswith(f"Ready: http://127.0.0.1:{self.port}\n"), self.said

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(120)

    def named(self, name: str) -> list[psutil.Process]:
        """Return the children whose command line has this word."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it has ended meanwhile
                found += [child] if name in child.cmdline() else []
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all runs: the second and later ones find the demo loaded."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def run(folder: Path, traced: Mapping[str, str]) -> Iterator[Run]:
    run = Run(folder, free_port(), traced)
    yield run
    run.process.kill()
    run.process.wait()
    until(lambda: not processes_of(folder))


def test_it_gets_ready_refuses_a_second_and_stops_on_ctrl_c(
    run: Run, traced: Mapping[str, str]
) -> None:
    run.wait_until_ready()
    assert "lead@demo.example" in run.said
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/readyz", timeout=10) as answer:
        assert answer.status == 200
    logs = [path.read_text() for path in (run.folder / "log").glob("*.log")]
    assert not any("Traceback" in log for log in logs)

    second = Run(run.folder, free_port(), traced)
    assert second.process.wait(120) == 1
    assert f"process {run.process.pid}, at http://127.0.0.1:{run.port}" in second.said

    assert run.end(signal.SIGINT) == 0
    assert run.said.endswith("Stopped.\n")
    assert processes_of(run.folder) == []


def test_a_process_that_dies_is_named_and_everything_stops(run: Run) -> None:
    until(lambda: run.named("worker"))
    run.named("worker")[0].kill()
    assert run.process.wait(120) == 1
    assert f"worker has ended unexpectedly. The end of {run.folder}/log/worker.log" in run.said
    assert processes_of(run.folder) == []


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the killed")
def test_a_killed_supervisor_leaves_nothing_and_the_next_has_all_data(
    run: Run, traced: Mapping[str, str]
) -> None:
    run.wait_until_ready()
    assert run.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not processes_of(run.folder))

    following = Run(run.folder, run.port, traced)
    following.wait_until_ready()
    assert "being stored" not in following.said  # the demo was there

    (valkey,) = [each for each in processes_of(run.folder) if each.name() == "valkey-server"]
    valkey.kill()
    assert following.process.wait(120) == 1
    assert "valkey has ended unexpectedly" in following.said
    assert processes_of(run.folder) == []


@pytest.mark.parametrize("sign", ["Starting", "worker.log"])
def test_it_can_be_stopped_while_it_starts(run: Run, sign: str) -> None:
    if sign.endswith(".log"):
        (run.folder / "log" / sign).unlink(missing_ok=True)
        until((run.folder / "log" / sign).exists)
    else:
        until(lambda: sign in run.said)
    assert run.end(signal.SIGTERM) == 0
    assert processes_of(run.folder) == []


def test_a_port_in_use_is_named(folder: Path, traced: Mapping[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = Run(folder, port, traced)
        assert run.process.wait(120) == 1
    assert f"Port {port} cannot be used (Address already in use)" in run.said
    assert "Traceback" not in run.said
    assert processes_of(folder) == []


@pytest.mark.parametrize("port", ["", "0", "65536", "80a", "-1", "\uff18\uff10\uff10\uff10"])
def test_a_port_must_be_a_port(port: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="1 to 65535"):
        demo_environment(tmp_path, {"PORT": port})


def test_the_demo_runs_on_this_machine_without_debug(tmp_path: Path) -> None:
    environment = demo_environment(tmp_path, {"DEBUG": "1", "DATABASE_URL": "postgresql://db/x"})
    assert environment["SITE_URL"] == "http://127.0.0.1:8000"
    assert environment["DEBUG"] == "0"
    assert environment["TRIALSITE_DEMO"] == "1"
    assert environment["DATABASE_URL"] == "postgresql://db/x"
    assert environment["REDIS_URL"].startswith("unix:///")
