"""Files of people as spreadsheets write them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Table = Sequence[Sequence[object]]
HEADINGS = ("email", "department", "team", "grade", "profession")


def csv_of(table: Table, *, delimiter: str = ",", mark: bool = False) -> bytes:
    """Return the table as CSV."""
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter).writerows(table)
    return lines.getvalue().encode("utf-8-sig" if mark else "utf-8")


def xlsx_of(*tables: Table) -> bytes:
    """Return a workbook with a sheet for each table."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet()
        for row in table:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(content: bytes, changes: Mapping[str, bytes]) -> bytes:
    """Return the ZIP with other members: what a name's bytes are, or that it is there at all."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(
                name, changes[name] if name in changes else old.read(name), zipfile.ZIP_DEFLATED
            )
    return file.getvalue()
