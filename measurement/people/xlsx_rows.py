"""The rows of an XLSX file: values only, of its one sheet that holds something.

A stranger's file is read row by row and never unpacked whole, so that neither a zip bomb nor a
far cell costs memory. Formulas are not calculated: their cells are named as faults.
"""

import datetime
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from measurement.people.faults import Cell, NotReadable, NotText, Row

MAX_UNPACKED_BYTES: Final = 64 * 2**20
"""Fifty thousand people with long teams need about twenty million."""
MAX_MEMBERS: Final = 1000
MAX_COLUMNS: Final = 25
"""Cells further to the right are not looked at."""
LAST_ROW: Final = 1_048_576
"""Of any spreadsheet."""
WORKBOOK: Final = "[Content_Types].xml"
MACROS: Final = ("vbaproject.bin", "macrosheets/")
DAMAGED: Final = "The spreadsheet is damaged: open it, save it again as XLSX and upload that file."
FORMULA: Final = "a formula; copy the column and paste it as values"

# A library that reads a stranger's file raises whatever the file makes it stumble over.
_STUMBLES: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    InvalidFileException,
    LookupError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def expected(content: bytes) -> int:
    """Return about how many rows the spreadsheet has, to tell how far its reading is.

    Raises NotReadable for what is no harmless XLSX.
    """
    _look_over(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
            return sum(archive.read(name).count(b"<row ") for name in sheets)
    except _STUMBLES as error:
        raise NotReadable(DAMAGED) from error


def rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of the sheet that holds something. Raises NotReadable.

    `expected` has looked at the content before.
    """
    try:
        # It warns of what it leaves out, which is nothing that is read here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from _rows(content)
    except NotReadable:
        raise
    except _STUMBLES as error:
        raise NotReadable(DAMAGED) from error


def _look_over(content: bytes) -> None:
    """Refuse what is no harmless XLSX before anything of it is unpacked. Raises NotReadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise NotReadable(DAMAGED) from error
    names = [member.filename.lower() for member in members]
    if WORKBOOK.lower() not in names:
        raise NotReadable("The file is a ZIP, but no XLSX spreadsheet.")
    if any(macro in name for name in names for macro in MACROS):
        raise NotReadable("The spreadsheet contains macros. Save it as XLSX without macros.")
    if any(member.flag_bits & 1 for member in members):
        raise NotReadable("The spreadsheet is protected by a password. Save it without one.")
    # No more than a member says it holds is ever unpacked of it.
    if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED_BYTES:
        raise NotReadable("The spreadsheet holds far more than a list of people.")


def _rows(content: bytes) -> Iterator[Row]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        filled = [sheet for sheet in book.worksheets if _holds_something(sheet)]
        if len(filled) > 1:
            raise NotReadable(
                f"{len(filled)} sheets of the spreadsheet hold something. Keep the one with the "
                "people."
            )
        for sheet in filled:
            yield from _of_sheet(sheet)
    finally:
        book.close()


def _of_sheet(sheet: Any) -> Iterator[Row]:
    found = sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS)
    for number, cells in enumerate(found, start=1):
        width = len(cells)
        while width and cells[width - 1].value is None:
            width -= 1
        yield number, [_cell(cell) for cell in cells[:width]]


def _holds_something(sheet: Any) -> bool:
    return any(cells for _, cells in _of_sheet(sheet))


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return NotText(FORMULA)
    if cell.data_type == "e":
        return NotText(f"the error {value}")
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return NotText("a yes-or-no value; write it as text")
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return NotText("a date or time; format the cell as text and write it anew")
    return _number(value)


def _number(value: float) -> str:
    """Return the digits that the spreadsheet shows, of a team that is called 7 for example."""
    return str(int(value)) if value == int(value) else repr(value)
