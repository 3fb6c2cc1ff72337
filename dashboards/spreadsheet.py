"""Tables as an OpenDocument spreadsheet that people with screen readers can use. Pure.

Laid out as the Government Analysis Function asks of spreadsheets that are published: a cover, a
list of the sheets, one table a sheet that starts in column A under its title, nothing merged, no
blank cell, row or column inside a table, each table marked up by name.
"""

import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odfdo import Cell, Column, Document, Element, Row, Style, Table

LANGUAGE: Final = "en-GB"
COVER: Final = "Cover"
CONTENTS: Final = "Contents"
LONGEST_NAME: Final = 31
"""Characters of a sheet's name that every program takes."""
TITLE: Final = "title"
HEADING: Final = "heading"
TEXT: Final = "words"
NUMBER: Final = "number"
WIDE: Final = "wide"
NARROW: Final = "narrow"
_STYLES: Final = (
    (TITLE, {"fo:font-size": "16pt", "fo:font-weight": "bold"}),
    (HEADING, {"fo:font-size": "12pt", "fo:font-weight": "bold"}),
    (TEXT, {"fo:font-size": "12pt"}),
)
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file may have."""
UNKNOWN: Final = "\ufffd"
_WIDTHS: Final = ((WIDE, "12cm"), (NARROW, "4.5cm"))


@dataclass(frozen=True)
class Rounded:
    """A number that is shown with so many decimals: 5.0 among 4.8 and 10.1."""

    number: float
    decimals: int


Value = str | float | int | Rounded


@dataclass(frozen=True)
class Sheet:
    """One table: `name` stands on the tab, `notes` above the table.

    Rows are as wide as `columns`. No text is read as a formula: its cell says that it holds text.
    Characters that the file format cannot hold are replaced.
    """

    name: str
    title: str
    notes: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


def ods(
    title: str, about: Sequence[str], sheets: Sequence[Sheet], made_at: datetime.datetime
) -> bytes:
    """Return the spreadsheet: a cover with the lines `about`, a list of the sheets, the sheets.

    Equal arguments give equal tables. Raises ValueError for names that are too long, taken or
    not there, and for rows that are not as wide as the columns or have blank cells.
    """
    _check(sheets)
    document = Document("spreadsheet")
    document.set_language(LANGUAGE)
    document.meta.title = title
    document.meta.creation_date = document.meta.date = made_at.replace(tzinfo=None, microsecond=0)
    for style in _styles():
        document.insert_style(style, automatic=True)
    _add_number_styles(document, sheets)
    body = document.body
    body.clear()
    body.append(_lines(COVER, title, about))
    listed = [(sheet.name, sheet.title) for sheet in sheets]
    contents = Sheet(CONTENTS, "Contents", [], ("Sheet", "What it shows"), listed)
    every = [contents, *sheets]
    for sheet in every:
        body.append(_table(sheet))
    body.append(_ranges(every))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _check(sheets: Iterable[Sheet]) -> None:
    taken = {COVER, CONTENTS}
    for sheet in sheets:
        if not 0 < len(sheet.name) <= LONGEST_NAME or sheet.name in taken:
            raise ValueError(
                f"sheet name {sheet.name!r}: 1 to {LONGEST_NAME} characters that no other sheet "
                "has are allowed"
            )
        taken.add(sheet.name)
        for row in sheet.rows:
            if len(row) != len(sheet.columns) or "" in row:
                raise ValueError(
                    f"sheet {sheet.name!r}: row {row!r}; {len(sheet.columns)} cells that are not "
                    "blank are allowed"
                )


def _styles() -> Iterable[Style]:
    for name, text in _STYLES:
        yield _text_style(name, text)
    for name, width in _WIDTHS:
        style = Style("table-column", name=name)
        style.set_properties(area="table-column", properties={"style:column-width": width})
        yield style


def _text_style(name: str, text: Mapping[str, str]) -> Style:
    style = Style("table-cell", name=name)
    style.set_properties(
        area="table-cell",
        properties={"fo:wrap-option": "no-wrap" if name == TITLE else "wrap"},
    )
    style.set_properties(area="text", properties={**text, "style:font-name": "Arial"})
    return style


def _add_number_styles(document: Document, sheets: Iterable[Sheet]) -> None:
    """Add the styles of cells with rounded numbers, one for each number of decimals."""
    cells = (cell for sheet in sheets for row in sheet.rows for cell in row)
    for decimals in sorted({cell.decimals for cell in cells if isinstance(cell, Rounded)}):
        document.insert_style(
            f'<number:number-style style:name="{NUMBER}{decimals}"><number:number '
            f'number:decimal-places="{decimals}" number:min-decimal-places="{decimals}" '
            'number:min-integer-digits="1" number:grouping="true"/></number:number-style>',
            automatic=True,
        )
        style = _text_style(f"{TEXT}{decimals}", dict(_STYLES)[TEXT])
        style.set_attribute("style:data-style-name", f"{NUMBER}{decimals}")
        document.insert_style(style, automatic=True)


def _lines(name: str, title: str, lines: Iterable[str]) -> Table:
    table = Table(name)
    table.append(Column(style=WIDE))
    for text, style in [(title, TITLE), *((line, TEXT) for line in lines)]:
        table.append_row(_row([text], style), clone=False)
    return table


def _table(sheet: Sheet) -> Table:
    table = Table(sheet.name)
    table.append(Column(style=WIDE))
    if len(sheet.columns) > 1:
        table.append(Column(repeated=len(sheet.columns) - 1, style=NARROW))
    table.append_row(_row([sheet.title], TITLE), clone=False)
    for note in sheet.notes:
        table.append_row(_row([note], TEXT), clone=False)
    table.append_row(_row(sheet.columns, HEADING), clone=False)
    for row in sheet.rows:
        table.append_row(_row(row, TEXT), clone=False)
    return table


def _row(values: Iterable[Value], style: str) -> Row:
    row = Row()
    for value in values:
        row.append_cell(_cell(value, style), clone=False)
    return row


def _cell(value: Value, style: str) -> Cell:
    if isinstance(value, str):
        return Cell(_NOT_XML.sub(UNKNOWN, value), cell_type="string", style=style)
    if isinstance(value, Rounded):
        text = f"{value.number:,.{value.decimals}f}"
        return Cell(value.number, text=text, cell_type="float", style=f"{style}{value.decimals}")
    return Cell(value, cell_type="float", style=style)


def _ranges(sheets: Iterable[Sheet]) -> Element:
    """Return the names that mark up the tables, so that programs can tell where they are."""
    ranges = Element.from_tag("table:database-ranges")
    for sheet in sheets:
        first = 1 + 1 + len(sheet.notes)
        area = f"A{first}:{_letters(len(sheet.columns))}{first + len(sheet.rows)}"
        one = Element.from_tag("table:database-range")
        one.set_attribute("table:name", sheet.name.replace(" ", "_"))
        start, end = area.split(":")
        quoted = sheet.name.replace("'", "''")
        one.set_attribute("table:target-range-address", f"'{quoted}'.{start}:'{quoted}'.{end}")
        one.set_attribute("table:contains-header", "true")
        ranges.append(one)
    return ranges


def _letters(number: int) -> str:
    """Return the name of a column by its number from 1: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, place = divmod(number - 1, 26)
        name = chr(ord("A") + place) + name
    return name
