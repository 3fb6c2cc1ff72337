"""Spreadsheets: what stands in them, read back from the file's own XML."""

import datetime
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.spreadsheet import CONTENTS, COVER, Rounded, Sheet, Value, ods

MADE_AT = datetime.datetime(2026, 11, 27, 9, 30, tzinfo=datetime.UTC)
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
DEPARTMENTS = Sheet(
    name="Departments",
    title="Minutes saved per working day, by department",
    notes=("Means are rounded to whole minutes.", "[c] marks a withheld number."),
    columns=("Department", "Minutes", "Lowest"),
    rows=(("=SUM(A1:A9)", 12.5, "[c]"), ("Board of Kites", -3, 0.0)),
)
NAMESPACES = ("datastyle", "style")
Cells = list[list[tuple[str, Any]]]


def content_of(file: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        return ElementTree.fromstring(archive.read("content.xml"))


def sheets_of(file: bytes) -> dict[str, Cells]:
    """Return type and value of every cell, by sheet."""
    return {
        table.attrib[f"{TABLE}name"]: [
            [_cell(cell) for cell in row] for row in table.iter(f"{TABLE}table-row")
        ]
        for table in content_of(file).iter(f"{TABLE}table")
    }


def _cell(cell: ElementTree.Element) -> tuple[str, Any]:
    assert cell.tag == f"{TABLE}table-cell"
    assert f"{TABLE}formula" not in cell.attrib
    assert not any("spanned" in name for name in cell.attrib), "merged"
    kind = cell.attrib[f"{OFFICE}value-type"]
    if kind == "float":
        return kind, float(cell.attrib[f"{OFFICE}value"])
    return kind, "\n".join("".join(part.itertext()) for part in cell)


def test_a_cover_a_list_and_a_sheet_each() -> None:
    found = sheets_of(ods("Kettles", ["Simulated data", "As of today"], [DEPARTMENTS], MADE_AT))
    text = "string"
    assert found == {
        COVER: [[(text, "Kettles")], [(text, "Simulated data")], [(text, "As of today")]],
        CONTENTS: [
            [(text, "Contents")],
            [(text, "Sheet"), (text, "What it shows")],
            [(text, "Departments"), (text, "Minutes saved per working day, by department")],
        ],
        "Departments": [
            [(text, "Minutes saved per working day, by department")],
            [(text, "Means are rounded to whole minutes.")],
            [(text, "[c] marks a withheld number.")],
            [(text, "Department"), (text, "Minutes"), (text, "Lowest")],
            [(text, "=SUM(A1:A9)"), ("float", 12.5), (text, "[c]")],
            [(text, "Board of Kites"), ("float", -3.0), ("float", 0.0)],
        ],
    }


def test_every_table_is_marked_up_by_name_where_it_stands() -> None:
    content = content_of(ods("Kettles", [], [DEPARTMENTS], MADE_AT))
    ranges = {
        one.attrib[f"{TABLE}name"]: one.attrib[f"{TABLE}target-range-address"]
        for one in content.iter(f"{TABLE}database-range")
    }
    assert ranges == {
        "Contents": "'Contents'.A2:'Contents'.B3",
        "Departments": "'Departments'.A4:'Departments'.C6",
    }


def test_it_says_its_title_language_and_moment() -> None:
    with zipfile.ZipFile(io.BytesIO(ods("Kettles", [], [DEPARTMENTS], MADE_AT))) as archive:
        meta = archive.read("meta.xml").decode()
        styles = archive.read("styles.xml").decode()
    assert "<dc:title>Kettles</dc:title>" in meta
    assert "2026-11-27T09:30:00" in meta
    assert 'fo:language="en" fo:country="GB"' in styles


def test_what_no_file_can_hold_does_not_break_it() -> None:
    rows = [("Kites\x00\x0b\ufffe\ud800 & <tails>", 1.0)]
    found = sheets_of(ods("T", [], [Sheet("Data", "T", [], ["a", "b"], rows)], MADE_AT))
    assert found["Data"][2][0] == ("string", "Kites\ufffd\ufffd\ufffd\ufffd & <tails>")


def changed(**changes: Any) -> Sheet:
    return Sheet(**{**DEPARTMENTS.__dict__, **changes})


@pytest.mark.parametrize(
    "sheets",
    [
        [changed(name="")],
        [changed(name="x" * 32)],
        [changed(name=COVER)],
        [DEPARTMENTS, DEPARTMENTS],
        [changed(rows=[("Board of Kites", 1.0)])],
        [changed(rows=[("Board of Kites", 1.0, "")])],
    ],
)
def test_what_no_reader_could_use_is_refused(sheets: list[Sheet]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        ods("Kettles", [], sheets, MADE_AT)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(st.tuples(WORDS, NUMBERS), max_size=5), st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_texts_and_numbers_come_back(rows: list[tuple[str, float]], copies: int) -> None:
    columns = [f"c{number}" for number in range(2 * copies)]
    wide = [row * copies for row in rows]
    found = sheets_of(ods("T", [], [Sheet("Data", "T", [], columns, wide)], MADE_AT))["Data"]
    assert [[value for _, value in row] for row in found[2:]] == [list(row) for row in wide]


def test_the_mark_up_counts_columns_as_spreadsheets_do() -> None:
    for columns, last in [(26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")]:
        sheet = Sheet("Data", "T", [], ["x"] * columns, [])
        content = content_of(ods("T", [], [sheet], MADE_AT))
        ranges = [one.attrib for one in content.iter(f"{TABLE}database-range")]
        assert ranges[1][f"{TABLE}target-range-address"] == f"'Data'.A2:'Data'.{last}2"


def test_numbers_are_shown_with_their_decimals() -> None:
    """A program shows what the cell's style says, one that reads texts what stands in it."""
    rows: list[list[Value]] = [
        ["a", Rounded(5.0, 1), Rounded(19950, 0)],
        ["b", Rounded(-4.25, 1), "[c]"],
    ]
    content = content_of(ods("T", [], [Sheet("Data", "T", [], ["x", "y", "z"], rows)], MADE_AT))
    number, style = (f"{{urn:oasis:names:tc:opendocument:xmlns:{end}:1.0}}" for end in NAMESPACES)
    styles = {one.attrib[f"{style}name"]: one for one in content.iter(f"{style}style")}
    formats = {
        one.attrib[f"{style}name"]: one[0].attrib[f"{number}decimal-places"]
        for one in content.iter(f"{number}number-style")
    }
    shown = [
        (
            "".join(cell.itertext()),
            cell.attrib[f"{OFFICE}value"],
            formats[styles[cell.attrib[f"{TABLE}style-name"]].attrib[f"{style}data-style-name"]],
        )
        for cell in content.iter(f"{TABLE}table-cell")
        if cell.attrib[f"{OFFICE}value-type"] == "float"
    ]
    assert shown == [("5.0", "5.0", "1"), ("19,950", "19950", "0"), ("-4.2", "-4.25", "1")]
