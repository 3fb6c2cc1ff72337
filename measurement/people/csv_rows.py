"""The rows of a CSV file, as spreadsheets of several countries write it."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from measurement.people.faults import NotReadable, Row

DELIMITERS: Final = ",;"
"""Where decimals have a comma, spreadsheets put semicolons between the cells."""


def rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of UTF-8, with or without a byte order mark. Raises NotReadable."""
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, list(cells)
    except csv.Error as error:
        raise NotReadable(
            f"Row {number + 1} cannot be read: {error}. A quotation mark within a cell has to be "
            "doubled, and one that opens a cell closed."
        ) from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable(
            "The file is neither CSV in UTF-8 nor XLSX: "
            f"byte {error.start + 1:,} cannot be read. In Excel, save it as “CSV UTF-8”."
        ) from error


def _delimiter(text: str) -> str:
    """Return what stands between the headings; a comma where nothing does."""
    headings = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=headings.count)
