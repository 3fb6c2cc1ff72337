"""A web server as `make demo` starts it, on a free port."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

from trialsite.embedded import ROOT
from trialsite.processes import StartError, start, tail
from trialsite.supervisor import commands

READY_WITHIN_SECONDS = 60


@contextmanager
def serving(name: str, folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Have the site served with these changes of the environment; give the port."""
    port = _free_port()
    log = folder / "log" / f"{name}.log"
    own = {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}", "DEBUG": "0"}
    child = start(
        commands(folder, str(port))["web"],
        name=name,
        log=log,
        when_parent_dies=SIGTERM,
        environment={**os.environ, **own, **environment},
        folder=ROOT,
    )
    try:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _answers(port):
            if child.ended or time.monotonic() > deadline:
                raise StartError(f"{name} does not answer. The end of {log}:\n{tail(log)}")
            time.sleep(0.1)
        yield port
    finally:
        child.stop()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
