"""CSV <-> columns of texts (RFC 4180), each distinct text kept once: tables may be large."""

import codecs
import csv
import io
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.bundle_faults import Faults
from measurement.estimation.definition import nearest

HEADER_ROW: Final = 1
_ROWS_AT_ONCE: Final = 2_000


@dataclass(frozen=True, eq=False)
class TextColumn:
    """The text of row i is `texts[codes[i]]`."""

    codes: NDArray[np.int32]
    texts: Sequence[str]

    def text_at(self, position: int | np.intp) -> str:
        """Return the text of one row."""
        return self.texts[int(self.codes[position])]


@dataclass(frozen=True, eq=False)
class TextTable:
    """`rows`: the spreadsheet's number of each row; rows without any text are not kept."""

    rows: NDArray[np.int64]
    columns: Mapping[str, TextColumn]


class _Encoder:
    """Numbers the distinct texts of a column."""

    def __init__(self) -> None:
        self._codes = array("i")
        self._numbers: dict[str, int] = {}

    def extend(self, texts: Iterable[str]) -> None:
        numbers = self._numbers
        self._codes.extend([numbers.setdefault(text, len(numbers)) for text in texts])

    def column(self) -> TextColumn:
        return TextColumn(np.array(self._codes, dtype=np.int32), list(self._numbers))


def read_table(
    file: str, data: bytes, known: Collection[str], required: Collection[str], faults: Faults
) -> TextTable:
    """Return the known columns of a CSV file; ragged rows and unknown columns are faults."""
    records = _records(file, data, faults)
    rows = array("q")
    first = next(records, None)
    if first is None and data.removeprefix(codecs.BOM_UTF8):
        # Why the header cannot be read is noted; that it lacks columns would not be true.
        return TextTable(np.array(rows, dtype=np.int64), {})
    header = [name.strip() for name in first[1]] if first else []
    encoders = [_Encoder() for _ in header]
    for batch in _batches(_whole_records(file, records, len(header), rows, faults)):
        for encoder, texts in zip(encoders, zip(*batch, strict=True), strict=True):
            encoder.extend(texts)
    _check_header(file, header, known, required, faults)
    columns: dict[str, TextColumn] = {}
    for name, encoder in zip(header, encoders, strict=True):
        if name in known:
            columns.setdefault(name, encoder.column())
    return TextTable(np.array(rows, dtype=np.int64), columns)


def _records(file: str, data: bytes, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with its row, up to where the file stops being CSV in UTF-8."""
    stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    row = 0
    try:
        for row, record in enumerate(csv.reader(stream, strict=True), HEADER_ROW):
            yield row, record
    except csv.Error as error:
        faults.add(file, row + 1, None, str(error), "RFC 4180 CSV")
    except UnicodeDecodeError:
        _refuse_encoding(file, data, faults)


def _whole_records(
    file: str,
    records: Iterator[tuple[int, list[str]]],
    width: int,
    rows: "array[int]",
    faults: Faults,
) -> Iterator[list[str]]:
    """Yield the records as wide as the header, noting their rows; skip those without any text."""
    for row, record in records:
        if not any(record):
            continue
        if len(record) != width:
            faults.add(file, row, None, f"{len(record)} fields", f"{width}, as in the header,")
            continue
        rows.append(row)
        yield record


def _batches(records: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    batch: list[list[str]] = []
    for record in records:
        batch.append(record)
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _refuse_encoding(file: str, data: bytes, faults: Faults) -> None:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        given = f"byte 0x{data[error.start]:02x}"
        faults.add(file, row, None, given, "text in UTF-8")


def _check_header(
    file: str,
    header: Sequence[str],
    known: Collection[str],
    required: Collection[str],
    faults: Faults,
) -> None:
    for position, name in enumerate(header):
        if name not in known:
            allowed = f"a known column (the nearest is {nearest(name, known)!r})"
            faults.add(file, HEADER_ROW, name or "(no name)", name, allowed)
        elif name in header[:position]:
            faults.add(file, HEADER_ROW, name, name, "each column once")
    for name in required:
        if name not in header:
            faults.add(file, HEADER_ROW, name, None, "a header with this column")


def write_table(columns: Mapping[str, Sequence[str]]) -> bytes:
    """Return the columns of texts as CSV."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return stream.getvalue().encode()
