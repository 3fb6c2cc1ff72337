"""A file of people, CSV or XLSX, against the lists of their trial: who it names, what is wrong."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from measurement.estimation.definition import MAX_TEXT_LENGTH, is_storable_text, nearest
from measurement.people import csv_rows, xlsx_rows
from measurement.people.draw_needs import DrawNeeds
from measurement.people.faults import (
    MAX_FAULTS,
    MAX_GIVEN_LENGTH,
    Cell,
    Fault,
    NotReadable,
    NotText,
    Row,
    shown,
)

COLUMNS: Final = ("email", "department", "team", "grade", "profession")
LISTED: Final = ("department", "grade", "profession")
"""The columns that hold nothing but entries of the trial's own lists."""
MAX_BYTES: Final = 5 * 10**6
MAX_ROWS: Final = 50_000
MAX_EMAIL_LENGTH: Final = 254
ROWS_BETWEEN_REPORTS: Final = 100
XLSX_START: Final = b"PK"
OLD_EXCEL_START: Final = b"\xd0\xcf\x11\xe0"
NOTHING_DRAWN: Final = DrawNeeds()

Lists = Mapping[str, Collection[str]]
"""The entries of a trial's lists, by column."""


@dataclass(frozen=True)
class Person:
    """One person of the file. What it does not say is an empty text."""

    email: str
    department: str = ""
    team: str = ""
    grade: str = ""
    profession: str = ""


@dataclass
class People:
    """What a file says: each person once, in its order, and all that is wrong with it.

    `repeated` counts rows that say once more what an earlier one said. `cut`: it has more faults
    than are listed.
    """

    people: list[Person] = field(default_factory=list)
    rows: int = 0
    repeated: int = 0
    faults: list[Fault] = field(default_factory=list)
    cut: bool = False


def read(
    content: bytes,
    lists: Lists,
    *,
    needs: DrawNeeds = NOTHING_DRAWN,
    progress: Callable[[int, int], None] = lambda rows, of: None,
) -> People:
    """Return what the file says; `progress` is told now and then how many rows are read, of what.

    `needs`: what the trial's draw must know of everybody.
    What kind of file it is, its content says and not its name. Raises NotReadable.
    """
    expected, found = _rows(content)
    first = next(((number, cells) for number, cells in found if not _is_blank(cells)), None)
    if first is None:
        raise NotReadable("The file is empty.")
    columns, faults = _columns(*first, needs)
    reader = _Reader(columns, lists, needs)
    if faults:
        reader.result.faults = faults
        return reader.result
    for number, cells in found:
        if not _is_blank(cells):
            reader.take(number, cells)
        if number % ROWS_BETWEEN_REPORTS == 0:
            progress(min(number, expected), expected)
        if reader.result.cut:
            break
    if not reader.result.rows:
        raise NotReadable("The file names nobody: there is nothing below its headings.")
    return reader.result


def _rows(content: bytes) -> tuple[int, Iterator[Row]]:
    """Return about how many rows there are, and the rows. Raises NotReadable."""
    if len(content) > MAX_BYTES:
        raise NotReadable(f"The file is larger than {MAX_BYTES // 10**6} MB.")
    if content.startswith(OLD_EXCEL_START):
        raise NotReadable(
            "The file is a spreadsheet of the old kind (XLS) or protected by a password. Save it "
            "as XLSX without a password."
        )
    if content.startswith(XLSX_START):
        return xlsx_rows.expected(content), xlsx_rows.rows(content)
    return content.count(b"\n"), csv_rows.rows(content)


def _is_blank(cells: Sequence[Cell]) -> bool:
    return not any(isinstance(cell, NotText) or cell.strip() for cell in cells)


def _columns(row: int, headings: Sequence[Cell], needs: DrawNeeds) -> tuple[list[str], list[Fault]]:
    """Return the name of each column ("" where there is none), and what is wrong with them."""
    names = ["" if isinstance(one, NotText) else one.strip().casefold() for one in headings]
    faults = []
    for name, number in Counter(filter(None, names)).items():
        if name not in COLUMNS:
            near = nearest(name, COLUMNS)
            faults.append(
                Fault(row, name[:MAX_TEXT_LENGTH], f'not a column; did you mean "{near}"?')
            )
        elif number > 1:
            faults.append(Fault(row, name, f"{number} columns have this heading"))
    for position, heading in enumerate(headings, start=1):
        if isinstance(heading, NotText):
            faults.append(Fault(row, f"column {position}", f"{heading.what}, not a heading"))
    if "email" not in names:
        faults.append(Fault(row, "email", "this column is missing"))
    if needs.unit and needs.unit not in names:
        words = f"this column is missing: chance decides for each {needs.unit} as a whole"
        faults.append(Fault(row, needs.unit, words))
    return names, faults


class _Reader:
    """Takes row after row."""

    def __init__(self, columns: Sequence[str], lists: Lists, needs: DrawNeeds) -> None:
        self._columns = columns
        self._lists = lists
        self._needs = needs
        self._units: dict[str, tuple[str, tuple[str, ...]]] = {
            unit: ("among those invited before", values) for unit, values in needs.known.items()
        }
        self._seen: dict[str, tuple[int, Person]] = {}
        self._meant: dict[tuple[str, str], str] = {}
        self.result = People()

    def take(self, row: int, cells: Sequence[Cell]) -> None:
        """Note the person of the row, or what is wrong with it. Raises NotReadable."""
        self.result.rows += 1
        if self.result.rows > MAX_ROWS:
            raise NotReadable(f"The file has more than {MAX_ROWS:,} rows. Split it.")
        said: dict[str, str] = {}
        faults = list(self._faults(row, cells, said))
        # What is wrong itself is compared with no other row.
        if not faults and (message := self._unlike(row, said)):
            faults = [Fault(row, self._needs.unit, message)]
        if faults:
            self._refuse(faults)
        else:
            self._add(row, Person(**said))

    def _faults(self, row: int, cells: Sequence[Cell], said: dict[str, str]) -> Iterator[Fault]:
        """Put what the row says into `said`; yield what is wrong with it."""
        pairs = list(zip_longest(self._columns, cells, fillvalue=""))
        for position, (column, cell) in enumerate(pairs, start=1):
            place = column or f"column {position}"
            if isinstance(cell, NotText):
                yield Fault(row, place, cell.what)
            elif not column:
                if cell.strip():
                    yield Fault(row, place, f"{shown(cell.strip())} stands under no heading")
            else:
                said[column] = _plain(column, cell)
                if message := self._wrong(column, said[column]):
                    yield Fault(row, column, message)

    def _unlike(self, row: int, said: Mapping[str, str]) -> str | None:
        """Return what to say where the row's unit differs from what it is in another row."""
        unit = said.get(self._needs.unit, "")
        if not unit:
            return None
        here = self._needs.values(said)
        where, others = self._units.setdefault(unit, (f"in row {row}", here))
        return self._needs.unlike(unit, others, where) if others != here else None

    def _wrong(self, column: str, text: str) -> str | None:
        if column == "email":
            return _wrong_email(text)
        if column == self._needs.unit and not text:
            return self._needs.missing()
        if not is_storable_text(text):
            return f"longer than {MAX_TEXT_LENGTH} characters, or with one that is no text"
        if column not in LISTED or not text or text in self._lists[column]:
            return None
        if not self._lists[column]:
            return f"{shown(text)} cannot be stored: the trial has no list for this column"
        meant = self._nearest(column, text)
        return f'{shown(text)} is not in the trial\'s list; did you mean "{meant}"?'

    def _nearest(self, column: str, text: str) -> str:
        """Return what was meant; the same slip often stands in many rows."""
        key = (column, text[:MAX_GIVEN_LENGTH])
        if key not in self._meant:
            self._meant[key] = nearest(key[1], self._lists[column])
        return self._meant[key]

    def _add(self, row: int, person: Person) -> None:
        before = self._seen.setdefault(person.email, (row, person))
        if before == (row, person):
            self.result.people.append(person)
        elif before[1] == person:
            self.result.repeated += 1
        else:
            other = f"{shown(person.email)} stands in row {before[0]} too, with something else"
            self._refuse([Fault(row, "email", other)])

    def _refuse(self, faults: Sequence[Fault]) -> None:
        room = MAX_FAULTS - len(self.result.faults)
        self.result.faults += faults[:room]
        self.result.cut = len(faults) > room


def _plain(column: str, cell: str) -> str:
    return cell.strip().lower() if column == "email" else cell.strip()


def _wrong_email(email: str) -> str | None:
    if not email:
        return "the address is missing"
    try:
        validate_email(email)
    except ValidationError:
        return f"{shown(email)} is not an email address"
    if not email.isascii() or len(email) > MAX_EMAIL_LENGTH:
        return f"{shown(email)} is too long for an address, or has letters that no address has"
    return None
