"""A lock between processes that says who holds it and goes with its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class Lock:
    """A lock on a file: one holder, or many that share it. The kernel frees a dead holder's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock, alone or together with others."""
        return self._file is not None

    def take(self, note: str) -> bool:
        """Take the lock alone and leave a note for others; False where somebody has it."""
        if not self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
        assert self._file is not None  # noqa: S101  # just locked
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()}, {note}\n")
        self._file.flush()
        return True

    def share(self) -> None:
        """Hold the lock together with others, waiting for somebody who has it alone."""
        self._lock(fcntl.LOCK_SH)

    def wait_alone(self) -> None:
        """Take the lock alone, waiting until nobody else holds it."""
        self._lock(fcntl.LOCK_EX)

    def release(self) -> None:
        """Let the lock go; nothing happens where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> str:
        """Return the note of the last holder."""
        return self.path.read_text().strip()

    def _lock(self, kind: int) -> bool:
        self.release()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a")
        try:
            fcntl.flock(file, kind)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True
