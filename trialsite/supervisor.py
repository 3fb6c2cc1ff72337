"""`make demo`: everything that the site consists of, on this machine, until Ctrl-C.

One process starts PostgreSQL, Valkey, web, worker and timetable, loads the demo trials, and
stops all of them when it is told to, when one of them ends, or when it is killed.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import environ

from trialsite import embedded, probe
from trialsite.embedded.server import Server
from trialsite.lock import Lock
from trialsite.processes import SIGNALS, Child, StartError, signals_wait, start, tail

SCRIPTS = Path(sys.executable).parent
READY_WITHIN_SECONDS = 60
# A task that is cut off is done again: nothing is lost by not waiting for it.
PATIENCE_SECONDS = 10


class StoppedError(Exception):
    """Somebody asked us to stop."""


class Demo:
    """The site's processes, and what is said about them."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], load_options: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.environment = environment
        self.load_options = load_options
        self.address = environment["SITE_URL"]
        self.servers: list[Server] = []
        self.children: list[Child] = []

    def run(self) -> None:
        """Start everything, say "Ready", and watch until something ends.

        Raises `StartError` when a part cannot be started or ends, `StoppedError` on a signal.
        """
        with ExitStack() as stack:
            stack.enter_context(_only_one(self.folder / "demo.lock", self.address))
            _check_port(int(self.environment["PORT"]))
            stack.callback(self._stop)
            print("Starting PostgreSQL, Valkey, worker, timetable and web server", flush=True)
            self._start_servers()
            self._manage(
                "migrate", "--no-input", "--skip-checks", log=self.folder / "log" / "migrate.log"
            )
            self._start_processes()
            truth = ("--truth", str(self.folder / "demo"))
            self._manage("load_demo", "--skip-checks", *truth, *self.load_options)
            self._wait_until_ready()
            self._manage("demo_sign_ins", "--skip-checks")
            print(f"\nPress Ctrl-C to stop. Ready: {self.address}", flush=True)
            while True:
                self._pause()

    def _start_servers(self) -> None:
        for server in embedded.needed(self.folder):
            self.servers.append(server)
            server.open_alone("make demo")

    def _start_processes(self) -> None:
        for name, command in commands(self.folder, self.environment["PORT"]).items():
            # gunicorn's workers end with their master only where that ends in order.
            last_signal = signal.SIGTERM if name == "web" else signal.SIGKILL
            log = self.folder / "log" / f"{name}.log"
            with signals_wait():
                self.children.append(self._start(name, command, log, last_signal))

    def _start(
        self,
        name: str,
        command: list[str],
        log: Path | None,
        when_parent_dies: signal.Signals = signal.SIGKILL,
    ) -> Child:
        return start(
            command,
            name=name,
            log=log,
            when_parent_dies=when_parent_dies,
            environment=self.environment,
            folder=embedded.ROOT,
        )

    def _manage(self, *arguments: str, log: Path | None = None) -> None:
        """Run a management command to its end, watching the other processes meanwhile."""
        name = arguments[0]
        with ExitStack() as stack:
            with signals_wait():
                child = self._start(name, [sys.executable, "manage.py", *arguments], log)
                stack.callback(child.stop, patience_seconds=PATIENCE_SECONDS)
            while not child.ended:
                self._pause(0.05)
        if child.process.returncode:
            raise StartError(_obituary(name, log))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while (answer := probe.ask("/readyz", self.environment))[0] != http.client.OK:
            if time.monotonic() > deadline:
                raise StartError(f"The site is not ready: {answer[1]}. See {self.folder / 'log'}.")
            self._pause(0.1)

    def _pause(self, seconds: float = 0.5) -> None:
        """Wait a little; complain where a process has ended meanwhile."""
        time.sleep(seconds)
        for child in self.children:
            if child.ended:
                raise StartError(_obituary(child.name, child.log))
        for server in self.servers:
            if server.died:
                raise StartError(_obituary(server.name, server.log))

    def _stop(self) -> None:
        """Stop the processes, all at once, and then the servers that they use."""
        _ignore_signals()
        for child in self.children:
            if not child.ended:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for child in self.children:
            child.stop(patience_seconds=max(0, deadline - time.monotonic()))
        for server in reversed(self.servers):
            server.stop()


def commands(folder: Path, port: str) -> dict[str, list[str]]:
    """Return the site's processes by name; docker-compose.yml has the same ones."""
    celery = [str(SCRIPTS / "celery"), "--app", "trialsite"]
    return {
        "worker": [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--schedule", str(folder / "beat"), "--pidfile", ""],
        "web": [
            *(str(SCRIPTS / "gunicorn"), "trialsite.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "2", "--threads", "4", "--preload", "--no-control-socket"),
        ],
    }


def demo_environment(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the demo's processes: `given`, with what is missing."""
    environment = {**given, "DEBUG": "0", "TRIALSITE_DEMO": "1", "PYTHONUNBUFFERED": "1"}
    port = environment.setdefault("PORT", "8000")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise StartError(f"PORT is {port!r}; it must be a number from 1 to 65535.")
    environment.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
    for variable, server in embedded.servers(folder).items():
        environment[variable] = environment.get(variable) or server.url
    return environment


@contextmanager
def _only_one(path: Path, address: str) -> Iterator[None]:
    lock = Lock(path)
    if not lock.take(f"at {address}"):
        raise StartError(
            f"The demo of this folder runs already: {lock.holder()}. End it with Ctrl-C there."
        )
    try:
        yield
    finally:
        lock.release()


def _check_port(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(
                f"Port {port} cannot be used ({error.strerror}). Choose another one: "
                f"make demo PORT={port % 65535 + 1}"
            ) from None


def _obituary(name: str, log: Path | None) -> str:
    if log is None:
        return f"{name} failed: see above."
    return f"{name} has ended unexpectedly. The end of {log}:\n{tail(log)}"


def _stop_on_signals() -> None:
    """Raise `StoppedError` on the first signal, and ignore those that follow.

    Explicit handlers, as a shell's background job starts with SIGINT ignored.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        _ignore_signals()
        raise StoppedError

    for each in SIGNALS:
        signal.signal(each, stop)


def _ignore_signals() -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def main(load_options: Sequence[str]) -> int:
    """Run the demo, passing the options on to `load_demo`; return the exit code."""
    environ.Env.read_env(embedded.ROOT / ".env")
    _stop_on_signals()
    try:
        environment = demo_environment(embedded.VAR, os.environ)
        Demo(embedded.VAR, environment, load_options).run()
    except StoppedError:
        print("\nStopped.", flush=True)
        return 0
    except StartError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
