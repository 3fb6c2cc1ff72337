"""Says how far the work has come: done, all, and how long the rest will take."""

import time
from collections.abc import Callable
from typing import TextIO

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """A line on a terminal that changes; elsewhere a new line from time to time."""

    def __init__(self, total: int, out: TextIO, clock: Callable[[], float] = time.monotonic):
        """Count up to `total` trials; `clock` gives seconds."""
        self._total, self._out, self._clock = total, out, clock
        self._done, self._started, self._said = 0, clock(), float("-inf")

    def advance(self, trials: int) -> None:
        """Count trials as done."""
        self._done += trials
        now = self._clock()
        finished = self._done == self._total
        if self._out.isatty():
            self._out.write(f"\r{self._line(now):<70}{chr(10) if finished else ''}")
        elif finished or now - self._said >= SECONDS_BETWEEN_LINES:
            self._out.write(f"{self._line(now)}\n")
            self._said = now
        self._out.flush()

    def _line(self, now: float) -> str:
        left = (now - self._started) / self._done * (self._total - self._done) / 60
        return f"{self._done:,} of {self._total:,} trials, about {left:.0f} minutes left"
