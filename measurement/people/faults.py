"""What is wrong with a file of people: each fault with its row and its column."""

from dataclasses import dataclass
from typing import Final

MAX_FAULTS: Final = 10_000
"""So many are listed; a file with more is not read on."""
MAX_GIVEN_LENGTH: Final = 80


class NotReadable(ValueError):  # noqa: N818 - what it is
    """The file as a whole cannot be read; the message says why, to whoever uploaded it."""


@dataclass(frozen=True)
class NotText:
    """A cell of a spreadsheet that holds no text; `what` it holds, and what to do about it."""

    what: str


Cell = str | NotText
Row = tuple[int, list[Cell]]
"""A row's number, as a spreadsheet shows it, and its cells."""


@dataclass(frozen=True)
class Fault:
    """One thing that is not allowed. Rows are the spreadsheet's: the headings stand in row 1."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.message}"


def shown(text: str) -> str:
    """Return what was given, in quotation marks, not too long to be read."""
    short = text if len(text) <= MAX_GIVEN_LENGTH else f"{text[:MAX_GIVEN_LENGTH]}..."
    return f'"{short}"'
