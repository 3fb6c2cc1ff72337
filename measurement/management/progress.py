"""Progress of a long command: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from typing import Final, TextIO

BAR_WIDTH: Final = 30
SECONDS_BETWEEN_BARS: Final = 0.1
SECONDS_BETWEEN_LINES: Final = 5.0


class Progress:
    """Shows how much of one step is done; call it with rows done and rows in total."""

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._on_terminal = self._stream.isatty()
        self._shown_at = 0.0
        self._percent = -1

    def __call__(self, done: int, total: int) -> None:
        """Show the share, unless it was shown just now."""
        percent = 100 if done >= total else 100 * done // total
        between = SECONDS_BETWEEN_BARS if self._on_terminal else SECONDS_BETWEEN_LINES
        if percent == self._percent or (
            percent < 100 and time.monotonic() - self._shown_at < between
        ):
            return
        self._percent, self._shown_at = percent, time.monotonic()
        self._stream.write(self._bar() if self._on_terminal else self._line())
        self._stream.flush()

    def _bar(self) -> str:
        filled = BAR_WIDTH * self._percent // 100
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        return f"\r[{bar}] {self._percent:3d} % {self._label}" + "\n" * (self._percent == 100)

    def _line(self) -> str:
        return f"{self._label}: {self._percent} %\n"
