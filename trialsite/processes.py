"""Child processes that end when they are told to, and when their parent dies."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_BYTES_KEPT = 10_000_000


class StartError(RuntimeError):
    """A process could not be started; the message says why, for people."""


@contextmanager
def signals_wait() -> Iterator[None]:
    """Let signals that end this process wait until the block is done.

    A handler that raises between the start of a child and the note of it would leave an orphan.
    Outside of the main thread, where no handler runs, nothing has to wait.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {
        each: signal.signal(each, lambda number, _: came.append(number)) for each in SIGNALS
    }
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
        if came:
            signal.raise_signal(came[0])


@dataclass(frozen=True)
class Child:
    """A running child: the leader of a process group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    @property
    def ended(self) -> bool:
        """Whether the leader has ended."""
        return self.process.poll() is not None

    def stop(self, *, by: signal.Signals = signal.SIGTERM, patience_seconds: float = 20) -> None:
        """Ask the leader to end, wait, then kill whatever is left of its group.

        The leader is asked first because it knows how to end its own children; the group is
        killed at the end because a leader that was still starting may have forgotten some.
        """
        if not self.ended:
            self.process.send_signal(by)
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._kill_group()
            self.process.wait()

    def _kill_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # Nothing is left (macOS says "not permitted" of a group of zombies).
            return


def start(
    command: Sequence[str | Path],
    *,
    name: str,
    log: Path | None,
    when_parent_dies: signal.Signals = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    unprivileged: bool = False,
) -> Child:
    """Start a child in a process group of its own.

    Its output goes to the end of `log`, or where ours goes. On Linux the kernel sends
    `when_parent_dies` to it when this process dies, however it dies. `unprivileged`: see
    `unprivileged_prefix`.
    """
    with ExitStack() as stack:
        output = None if log is None else stack.enter_context(_opened(log))
        process = subprocess.Popen(  # noqa: S603  # the commands are this module's callers'
            [*_prefix(when_parent_dies, unprivileged), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    return Child(name=name, process=process, log=log)


def _prefix(when_parent_dies: signal.Signals, unprivileged: bool) -> list[str]:
    """Return the words before a command that tie it to its parent and take its rights away.

    One `setpriv` does both: the kernel forgets the parent-death signal when a process changes
    its user, so it has to be set after that, right before the command.
    """
    rights = unprivileged_prefix() if unprivileged else []
    setpriv = shutil.which("setpriv")
    if not sys.platform.startswith("linux") or setpriv is None:
        return rights
    return [*(rights or [setpriv]), f"--pdeathsig={when_parent_dies.name.removeprefix('SIG')}"]


def unprivileged_prefix() -> list[str]:
    """Return the words that run a command as `nobody`, or none where we are not root.

    PostgreSQL refuses to run as root. The command keeps one right, that of entering every
    folder, so that no folder above it has to be opened to other users and no user be created.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StartError(
            "PostgreSQL cannot run as root, and the program setpriv (util-linux) that would run "
            "it as another user is not here. Use an ordinary user, or set DATABASE_URL."
        )
    user = pwd.getpwnam("nobody")
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        # Else access(2), which initdb asks about its own programs, would not know of that right.
        "--securebits=+no_setuid_fixup",
    ]


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, or a sentence where there is none."""
    if not log.exists():
        return f"({log} was not written)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 20_000))
        text = stream.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _opened(log: Path) -> BinaryIO:
    """Open a log at its end; an old long one is put aside."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old.log"))
    return log.open("ab")
