"""Files of people: what they say is read, what is wrong is found where it stands."""

import datetime
import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.people import csv_rows, faults, reading, xlsx_rows
from measurement.people.draw_needs import DrawNeeds
from measurement.people.faults import NotReadable, NotText
from measurement.people.reading import COLUMNS, People, Person, read
from tests.measurement.people.files import HEADINGS, Table, csv_of, repacked, xlsx_of
from tests.untraced import untraced

LISTS = {
    "department": ["Home Teapots", "Treasury", "Tréasury; “North”, =1"],
    "grade": ["Grade 7", "HEO"],
    "profession": [],
}
SHEET = "xl/worksheets/sheet1.xml"
# What XML and CSV can hold, without what spreadsheets take for the end of a line.
TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    max_size=12,
).map(str.strip)
PEOPLE = st.lists(
    st.builds(
        Person,
        email=st.from_regex(r"[a-z][a-z0-9]{0,8}@[a-z]{1,6}\.(com|uk)", fullmatch=True),
        department=st.sampled_from(["", *LISTS["department"]]),
        team=TEXT,
        grade=st.sampled_from(["", *LISTS["grade"]]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda person: person.email,
)


def table_of(people: list[Person], columns: Any = HEADINGS) -> list[list[str]]:
    return [list(columns), *([getattr(one, name) for name in columns] for one in people)]


def told(content: bytes) -> list[str]:
    return [str(fault) for fault in read(content, LISTS).faults]


def refused(content: bytes) -> str:
    with pytest.raises(NotReadable) as caught:
        read(content, LISTS)
    return str(caught.value)


@given(people=PEOPLE, columns=st.permutations(HEADINGS), data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_table_is_the_same_people_in_every_kind_of_file(
    people: list[Person], columns: list[str], data: st.DataObject
) -> None:
    table = table_of(people, columns)
    delimiter, mark = data.draw(st.sampled_from(",;")), data.draw(st.booleans())
    of_csv = read(csv_of(table, delimiter=delimiter, mark=mark), LISTS)
    assert (of_csv.people, of_csv.faults) == (people, [])
    assert read(xlsx_of(table), LISTS) == of_csv


WRONG = {
    "email": ["", "dot", "dot@", "dót@example.com", "a" * 250 + "@example.com"],
    "department": ["Tresury", "treasury", "=Treasury"],
    "grade": ["7"],
    "profession": ["Tea maker"],
    "team": ["x" * 201],
}


@given(people=PEOPLE, data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_planted_fault_is_found_in_its_row_and_column_and_nowhere_else(
    people: list[Person], data: st.DataObject
) -> None:
    table = table_of(people)
    row = data.draw(st.integers(1, len(people)), "row")
    column = data.draw(st.sampled_from(COLUMNS), "column")
    table[row][COLUMNS.index(column)] = data.draw(st.sampled_from(WRONG[column]), "fault")
    for content in (csv_of(table), csv_of(table, delimiter=";"), xlsx_of(table)):
        found = read(content, LISTS)
        assert [(one.row, one.column) for one in found.faults] == [(row + 1, column)]
        assert [one.email for one in found.people] == [
            one.email for number, one in enumerate(people, start=1) if number != row
        ]


def test_a_fault_says_what_is_meant() -> None:
    content = csv_of([HEADINGS, ["a@example.com", "Tresury", "", "G7", "Baker"]])
    assert told(content) == [
        'row 2, department: "Tresury" is not in the trial\'s list; did you mean "Treasury"?',
        'row 2, grade: "G7" is not in the trial\'s list; did you mean "Grade 7"?',
        'row 2, profession: "Baker" cannot be stored: the trial has no list for this column',
    ]


@pytest.mark.parametrize("email", ["a@tèa.com", f"{'a' * 250}@example.com"])
def test_addresses_that_no_account_can_have_are_faults(email: str) -> None:
    (fault,) = told(csv_of([["email"], [email]]))
    assert fault.endswith("is too long for an address, or has letters that no address has")


def test_what_is_long_is_cut_where_it_is_shown() -> None:
    (fault,) = told(csv_of([["email"], ["x" * 300]]))
    assert fault == f'row 2, email: "{"x" * 80}..." is not an email address'


@pytest.mark.parametrize(
    ("headings", "faults"),
    [
        (["Email ", "TEAM"], []),
        (["email", "departmnt"], ['row 1, departmnt: not a column; did you mean "department"?']),
        (["team"], ["row 1, email: this column is missing"]),
        (["email", "team", "Team"], ["row 1, team: 2 columns have this heading"]),
        (
            ["e-mail"],
            [
                'row 1, e-mail: not a column; did you mean "email"?',
                "row 1, email: this column is missing",
            ],
        ),
        (["email", 'x"<b>'], ['row 1, x"<b>: not a column; did you mean "email"?']),
    ],
)
def test_headings_are_known(headings: list[str], faults: list[str]) -> None:
    assert told(csv_of([headings, ["a@example.com"]])) == faults


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    table: Table = [[], ["email", "team"], [], ["a@example.com", "two\r\nlines"], ["", " "], ["b@"]]
    for content in (csv_of(table), xlsx_of(table)):
        found = read(content, LISTS)
        assert [fault.row for fault in found.faults] == [6]
        assert found.rows == 2


def test_what_stands_under_no_heading_is_a_fault() -> None:
    assert told(csv_of([["email", "", "team"], ["a@example.com", "x", "y", "z", ""]])) == [
        'row 2, column 2: "x" stands under no heading',
        'row 2, column 4: "z" stands under no heading',
    ]


def test_addresses_are_the_same_whatever_their_case() -> None:
    table = [
        ["email", "team"],
        ["A@Example.com", "t"],
        [" a@example.com", "t "],
        ["a@example.com", "u"],
    ]
    found = read(csv_of(table), LISTS)
    assert found.people == [Person("a@example.com", team="t")]
    assert (found.rows, found.repeated) == (3, 1)
    assert [str(fault) for fault in found.faults] == [
        'row 4, email: "a@example.com" stands in row 2 too, with something else'
    ]


def test_a_team_may_be_a_number_in_a_spreadsheet() -> None:
    found = read(xlsx_of([["email", "team"], ["a@example.com", 7], ["b@example.com", 2.5]]), LISTS)
    assert [person.team for person in found.people] == ["7", "2.5"]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("=B1", xlsx_rows.FORMULA),
        (datetime.date(2026, 1, 2), "a date or time; format the cell as text and write it anew"),
        (datetime.time(3), "a date or time; format the cell as text and write it anew"),
        (True, "a yes-or-no value; write it as text"),
        ("#N/A", "the error #N/A"),
    ],
)
def test_cells_that_hold_no_text_are_faults(value: object, what: str) -> None:
    content = xlsx_of([["email", "team"], ["a@example.com", value]])
    assert told(content) == [f"row 2, team: {what}"]
    ((_, (cell,)),) = xlsx_rows.rows(xlsx_of([[value]]))
    assert cell == NotText(what)
    heading = told(xlsx_of([["email", value], ["a@example.com", "x"]]))
    assert heading == [f"row 1, column 2: {what}, not a heading"]


def test_a_text_that_looks_like_a_formula_is_text() -> None:
    assert read(csv_of([["email", "team"], ["a@example.com", "=1+1"]]), LISTS).people == [
        Person("a@example.com", team="=1+1")
    ]


def test_other_sheets_may_be_empty_but_hold_nothing() -> None:
    people = [["email"], ["a@example.com"]]
    assert read(xlsx_of([], people, [[None, ""]]), LISTS).people == [Person("a@example.com")]
    assert refused(xlsx_of(people, people)) == (
        "2 sheets of the spreadsheet hold something. Keep the one with the people."
    )


def test_a_far_cell_costs_no_memory_and_no_row() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>a@example.com</t></is></c>'
        b'<c r="XFD2" t="inlineStr"><is><t>far</t></is></c></row>'
        b'<row r="999999999999"><c r="A3"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    content = repacked(xlsx_of([["x"]]), {SHEET: sheet})
    with untraced():  # a million empty rows
        assert read(content, LISTS).people == [Person("a@example.com")]


def encrypted(content: bytes) -> bytes:
    """Return the ZIP with the bit that says that its first member is encrypted."""
    start = content.index(b"PK\x01\x02") + 8
    return content[:start] + bytes([content[start] | 1]) + content[start + 1 :]


def bomb() -> bytes:
    return repacked(
        xlsx_of([["email"]]), {"xl/media/zero.bin": bytes(xlsx_rows.MAX_UNPACKED_BYTES)}
    )


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


GOOD = xlsx_of([["email"], ["a@example.com"]])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n\r\n;;\r\n", "The file is empty."),
        (b"email\r\n\r\n", "The file names nobody"),
        (b"x" * (reading.MAX_BYTES + 1), "The file is larger than 5 MB."),
        ("email\r\ndót@example.com".encode("latin-1"), "byte 9 cannot be read"),
        ("email\r\na@example.com".encode("utf-16"), "neither CSV in UTF-8 nor XLSX"),
        (b"\x89PNG\r\n\x1a\n", "neither CSV in UTF-8 nor XLSX"),
        (b'email\r\n"a@example.com', "Row 2 cannot be read"),
        (b'email\r\n"a"b@example.com', "Row 2 cannot be read"),
        (b"email\r\n" + b"x" * 200_000, "Row 2 cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "of the old kind (XLS) or protected by a password"),
        (zipped("readme.txt"), "a ZIP, but no XLSX spreadsheet"),
        (b"PK\x03\x04 and nothing else", "The spreadsheet is damaged"),
        (GOOD[:-30], "The spreadsheet is damaged"),
        (repacked(GOOD, {SHEET: b"<worksheet>"}), "The spreadsheet is damaged"),
        (repacked(GOOD, {"xl/workbook.xml": b"<nothing/>"}), "The file is empty."),
        (repacked(GOOD, {"xl/workbook.xml": b"PK"}), "The spreadsheet is damaged"),
        (repacked(GOOD, {"xl/vbaProject.bin": b"x"}), "contains macros"),
        (encrypted(GOOD), "protected by a password"),
        (bomb(), "far more than a list of people"),
        (
            repacked(GOOD, {f"x{number}": b"" for number in range(1001)}),
            "far more than a list of people",
        ),
    ],
)
def test_what_is_no_list_of_people_is_refused(content: bytes, why: str) -> None:
    assert why in refused(content)


def test_a_member_that_lies_about_its_size_is_not_unpacked_further() -> None:
    content = repacked(GOOD, {SHEET: b" " * 100_000})
    size = (100_000).to_bytes(4, "little")
    assert content.count(size) == 2
    assert "damaged" in refused(content.replace(size, (10).to_bytes(4, "little")))


def test_entities_are_not_blown_up() -> None:
    layers = "".join(f'<!ENTITY e{depth} "{f"&e{depth - 1};" * 10}">' for depth in range(1, 10))
    sheet = f'<!DOCTYPE w [<!ENTITY e0 "boom">{layers}]><w>&e9;</w>'.encode()
    assert "damaged" in refused(repacked(GOOD, {SHEET: sheet}))


def test_nul_is_no_text() -> None:
    (fault,) = told(b"email,team\r\na@example.com,x\x00y")
    assert fault.startswith("row 2, team: longer than 200 characters, or with one that is no text")


def test_there_is_a_most_of_rows_and_of_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    rows = [[f"p{number}@example.com"] for number in range(4)]
    assert len(read(csv_of([["email"], *rows[:3]]), LISTS).people) == 3
    assert refused(csv_of([["email"], *rows])) == "The file has more than 3 rows. Split it."
    monkeypatch.setattr(reading, "MAX_FAULTS", 2)
    found = read(csv_of([["email"], *([["x"]] * 3)]), LISTS)
    assert (len(found.faults), found.cut) == (2, True)
    found = read(csv_of([["email"], *([["x"]] * 2)]), LISTS)
    assert (len(found.faults), found.cut) == (2, False)


def test_progress_counts_up_to_all_rows() -> None:
    table = [["email"], *([f"p{number}@example.com"] for number in range(220))]
    for content in (csv_of(table), xlsx_of(table)):
        seen: list[tuple[int, int]] = []
        read(content, LISTS, progress=lambda done, total: seen.append((done, total)))  # noqa: B023
        assert seen == [(100, 221), (200, 221)]


def test_nothing_found_is_nothing() -> None:
    assert People() == People([], 0, 0, [], cut=False)
    assert faults.shown("a") == '"a"'
    assert list(csv_rows.rows(b"")) == []


TEAMS = DrawNeeds(unit="team", alike=("department",), known={"Sugar": ("Treasury",)})
AS_A_WHOLE = "chance decides for each team as a whole"


def test_who_is_drawn_as_a_whole_needs_their_unit() -> None:
    content = csv_of([["email", "team"], ["dot@example.com", "Milk"], ["pat@example.com", " "]])
    found = read(content, LISTS, needs=DrawNeeds(unit="team"))
    assert [str(fault) for fault in found.faults] == [
        f"row 3, team: the team is missing: {AS_A_WHOLE}"
    ]
    assert [one.email for one in found.people] == ["dot@example.com"]
    found = read(csv_of([["email"], ["dot@example.com"]]), LISTS, needs=DrawNeeds(unit="team"))
    assert [str(fault) for fault in found.faults] == [
        f"row 1, team: this column is missing: {AS_A_WHOLE}"
    ]


def test_one_unit_cannot_be_drawn_within_two_departments() -> None:
    rows = [
        ["dot@example.com", "Milk", "Treasury"],
        ["pat@example.com", "Milk", "Home Teapots"],
        ["kim@example.com", "Milk", ""],
        ["lee@example.com", "Sugar", "Home Teapots"],
        ["max@example.com", "Milk", "Treasury"],
        ["sam@example.com", "Milk", "Tresury"],
    ]
    content = csv_of([["email", "team", "department"], *rows])
    within = f"{AS_A_WHOLE}, within each department"
    assert [str(fault) for fault in read(content, LISTS, needs=TEAMS).faults] == [
        f'row 3, team: "Milk" has another department in row 2, "Treasury": {within}',
        f'row 4, team: "Milk" has another department in row 2, "Treasury": {within}',
        'row 5, team: "Sugar" has another department among those invited before, "Treasury": '
        f"{within}",
        'row 7, department: "Tresury" is not in the trial\'s list; did you mean "Treasury"?',
    ]
    assert len(read(content, LISTS, needs=DrawNeeds(unit="team")).faults) == 1
