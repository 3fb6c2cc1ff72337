"""What is wrong with a bundle: each fault with its place, collected up to a limit a file."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MAX_FAULTS_PER_FILE: Final = 200
MAX_GIVEN_LENGTH: Final = 80


@dataclass(frozen=True)
class Fault:
    """One thing that is not allowed. `row` is the spreadsheet's: the header stands in row 1.

    `given` is None where something is missing altogether.
    """

    file: str
    row: int | None
    column: str | None
    given: str | None
    allowed: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row, self.column) if part)
        return f"{place}: {_shown(self.given)}, {self.allowed} is allowed"


def _shown(given: str | None) -> str:
    if given is None:
        return "nothing"
    if len(given) > MAX_GIVEN_LENGTH:
        return f"{given[:MAX_GIVEN_LENGTH]!r}... ({len(given)} characters)"
    return repr(given)


class BundleErrors(ValueError):  # noqa: N818 - it carries many
    """Every fault of a bundle, ordered by file and row.

    At most MAX_FAULTS_PER_FILE are listed for a file; `more` says how many others it has.
    """

    def __init__(self, errors: Sequence[Fault], more: Mapping[str, int]) -> None:
        self.errors = tuple(errors)
        self.more = dict(more)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return a line for each listed fault, and one for each file that has more."""
        unlisted = [f"{file}: and {count} more faults" for file, count in self.more.items()]
        return [*map(str, self.errors), *unlisted]


class Faults:
    """Collects faults while a bundle is read."""

    def __init__(self) -> None:
        self._listed: list[Fault] = []
        self._unlisted: Counter[str] = Counter()

    def add(
        self, file: str, row: int | None, column: str | None, given: str | None, allowed: str
    ) -> None:
        """Note one fault."""
        self._listed.append(Fault(file, row, column, given, allowed))

    def add_cells(self, file: str, column: str, cells: Iterable[tuple[int, str, str]]) -> None:
        """Note the faults of a column's cells: row, text given and what is allowed, by row."""
        for number, (row, given, allowed) in enumerate(cells):
            if number < MAX_FAULTS_PER_FILE:
                self.add(file, row, column, given, allowed)
            else:
                self._unlisted[file] += 1

    def raise_any(self) -> None:
        """Raise BundleErrors if there are any faults."""
        if not self._listed:
            return
        listed: list[Fault] = []
        more = Counter(self._unlisted)
        kept: Counter[str] = Counter()
        for fault in sorted(self._listed, key=lambda fault: (fault.file, fault.row or 0)):
            if kept[fault.file] < MAX_FAULTS_PER_FILE:
                kept[fault.file] += 1
                listed.append(fault)
            else:
                more[fault.file] += 1
        raise BundleErrors(listed, more)
