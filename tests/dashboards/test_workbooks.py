"""Workbooks: every table of a page, its numbers as numbers, behind a cover that says of what."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from dashboards.pages import Page, Published, page
from dashboards.section import Section
from dashboards.spreadsheet import CONTENTS, COVER
from dashboards.workbooks import report_workbook, section_workbook
from measurement.estimation.definition import Trial
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow, Results
from tests.dashboards.invented import (
    check,
    conventions,
    department_rows,
    everything,
    results,
    row,
    small_row,
    total_rows,
    trial,
)
from tests.dashboards.test_chart_rules import INVENTED, numbers, page_of
from tests.dashboards.test_spreadsheet import Cells, sheets_of

AS_OF = datetime.datetime(2025, 1, 6, 12, 5, tzinfo=datetime.UTC)
TODAY = datetime.date(2025, 1, 6)
LOCKED = "2024-09-27T08:30:00+00:00"


def shown(found: Results, of_trial: Trial | None = None) -> Page:
    disclosed = published(found, minimum_people=10)
    of = Published(disclosed, of_trial or trial(), AS_OF, next_on=datetime.date(2025, 1, 13))
    return page(of, today=TODAY)


def invented(*rows: EstimateRow, **given: Any) -> Page:
    return shown(replace(results(*(rows or everything())), **given))


def section_of(whole: Page, slug: str) -> Section:
    return next(part for part in whole.sections if part.slug == slug)


def texts(cells: Cells) -> list[list[Any]]:
    return [[value for _, value in one] for one in cells]


def table_of(cells: Cells, section: Section) -> Cells:
    """Return the table of a sheet, its headings first: as many rows as the page's at the end."""
    return cells[-1 - len(section.table.rows) :]


def cover_of(whole: Page) -> list[str]:
    return [line for (line,) in texts(sheets_of(report_workbook(whole).content)[COVER])]


def as_read(text: str, places: int) -> list[Any]:
    """Return what a text of the page's table says: its numbers, or its mark in every place."""
    if text.startswith("["):
        return [text] * places
    found: list[Any] = numbers(text)
    return found + ["[z]"] * (places - len(found))


EVERY_SECTION = [
    pytest.param(whole, part, id=f"{name}: {part.slug}")
    for name in INVENTED
    for whole in [page_of(name)]
    for part in whole.sections
]


@pytest.mark.parametrize(("whole", "section"), EVERY_SECTION)
def test_a_sheet_has_the_numbers_of_the_page(whole: Page, section: Section) -> None:
    *_, sheet = sheets_of(section_workbook(whole, section).content).values()
    (headings, *found), table = table_of(sheet, section), section.table
    places = [3 if "confidence interval" in name else 1 for name in table.columns]
    assert len(headings) == sum(places)
    assert len({name for _, name in headings}) == len(headings)
    for cells, line in zip(found, table.rows, strict=True):
        name, *values = (value for _, value in cells)
        assert name.removesuffix(" (%)") == line[0]
        pairs = zip(line[1:], places[1:], strict=True)
        assert values == [one for text, many in pairs for one in as_read(text, many)]
        for kind, value in cells[1:]:
            assert kind == ("string" if value in ("[c]", "[x]", "[z]") else "float")


@pytest.mark.parametrize(("whole", "section"), EVERY_SECTION)
def test_a_sheet_says_its_finding_and_its_notes_and_no_cell_is_blank(
    whole: Page, section: Section
) -> None:
    sheets = sheets_of(section_workbook(whole, section).content)
    *_, sheet = sheets.values()
    above = [text for (text,) in texts(sheet[: -len(table_of(sheet, section))])]
    assert above[:2] == [section.table.caption, section.finding]
    assert {*section.remarks, *section.table.notes} <= set(above)
    assert not any("Dots are" in text for text in above), "there is no picture"
    for cells in sheets.values():
        assert all(value != "" for one in cells for _, value in one)


def test_numbers_that_are_percentages_say_so_where_they_stand() -> None:
    whole = invented()
    sheet = texts(sheets_of(report_workbook(whole).content)["Main figures"])
    assert ["Time saved per task (%)", 20.0, 15.0, 25.0, 2000.0] in sheet
    assert any(line[0] == "Minutes saved per task" for line in sheet)
    assert texts(sheets_of(report_workbook(whole).content)["Tools"])[-3] == [
        "Tool",
        "Time saved (%)",
        "Time saved (%), low end of the 95% confidence interval",
        "Time saved (%), high end of the 95% confidence interval",
        "People",
        "Task logs",
    ]


def test_days_without_an_interval_have_marks_in_the_place_of_its_ends() -> None:
    plan, other, *_ = conventions()
    found = replace(results(*everything()), sensitivity=(plan, other | {"primary": False}))
    early = shown(found, trial(ends_on="2025-12-13"))
    sheets = sheets_of(report_workbook(early).content)
    assert texts(sheets["Conventions"])[-2:] == [
        ["This trial's plan", 5.0, 4.0, 6.0, 10.0, 225.0, 7.5],
        ["260 days of 7 hours", 6.2, "[z]", "[z]", 10.0, 260.0, 7.0],
    ]


def test_small_groups_have_marks_and_no_numbers() -> None:
    whole = invented(*total_rows(), *department_rows(), small_row())
    departments = section_of(whole, "departments")
    *_, sheet = sheets_of(section_workbook(whole, departments).content).values()
    assert ["Secret Teapot Unit", *["[c]"] * 5] in texts(sheet)


@pytest.mark.parametrize("start", "=+-@")
def test_no_name_is_taken_for_a_formula(start: str) -> None:
    evil = row(dimension="department", group=f'{start}HYPERLINK("x")')
    whole = invented(*total_rows(), evil)
    *_, sheet = sheets_of(
        section_workbook(whole, section_of(whole, "departments")).content
    ).values()
    assert ("string", evil.group) in [cells[0] for cells in sheet]


def test_the_cover_says_what_the_numbers_are_worth() -> None:
    whole = invented()
    lines = cover_of(whole)
    assert lines[:2] == ["Kettles with an assistant", whole.headline]
    for line in (
        whole.quality,
        "Figures as of 6 January 2025 at 12:05pm, London time.",
        "The plan is not locked yet, so changes of it are not listed.",
        f"Fingerprint of the plan: SHA-256 {'5a' * 32}",
        "Version of the code: 0.1.0",
        "Ends of intervals are those of 95% confidence intervals.",
        whole.disclosed,
    ):
        assert line in lines
    assert "[c]: withheld" in lines[-1]
    assert "[x]: there is no such number" in lines[-1]
    assert "Simulated data" not in lines


def test_the_cover_warns() -> None:
    failed = check("balance", "fail", "The arms differ")
    lines = cover_of(invented(simulated=True, checks=(failed,)))
    assert "Simulated data" in lines
    assert any("because a check of the trial failed. The arms differ." in line for line in lines)
    early = shown(results(*everything()), trial(ends_on="2025-12-13"))
    assert early.not_final.startswith("Not final: ")
    assert early.not_final in cover_of(early)
    assert cover_of(early)[1] == early.headline


def test_a_workbook_of_one_section_has_the_cover_too() -> None:
    whole = invented(simulated=True)
    file = section_workbook(whole, section_of(whole, "departments"))
    cover, contents, _ = sheets_of(file.content).values()
    assert texts(cover)[:3] == [
        ["Kettles with an assistant: Departments"],
        ["Simulated data"],
        ["Figures as of 6 January 2025 at 12:05pm, London time."],
    ]
    assert texts(contents)[2:] == [["Departments", "Minutes saved per working day, by department"]]
    assert file.name == "kettles-departments.ods"
    assert file.size == f"{round(len(file.content) / 1024)} KB"


def test_the_report_has_all_sections_task_logs_checks_plan_and_changes() -> None:
    whole = invented(
        checks=(check("balance", "warn", "The arms differ"), check("order", "pass", "Even")),
        plan_locked_at=LOCKED,
        plan_locked_by="lead (user 3)",
        deviations=(
            {
                "what": "plan.read_out_on",
                "from": "2025-01-03",
                "to": "",
                "who": "lead (user 3)",
                "when": "2025-01-02T13:07:00+00:00",
                "why": "The minister asked",
            },
            {
                "what": "assumptions.hours_per_day",
                "from": 7.5,
                "to": 8,
                "who": None,
                "when": None,
                "why": "Nobody recorded it",
            },
        ),
    )
    file = report_workbook(whole)
    sheets = {name: texts(cells) for name, cells in sheets_of(file.content).items()}
    assert file.name == "kettles-all-tables.ods"
    assert [*sheets][:2] == [COVER, CONTENTS]
    assert [*sheets][2:] == [name for name, _ in sheets[CONTENTS][2:]]
    titles = [title for _, title in sheets[CONTENTS][2:]]
    assert titles[:-4] == [part.table.caption for part in whole.sections]
    assert [*sheets][-4:] == ["Task logs", "Checks", "Plan", "Plan changes"]
    assert sheets["Task logs"][-5:] == [
        ["Received", 84250.0],
        ["Refused, because they cannot be true", 5.0],
        ["Stored", 84250.0],
        ["Excluded: taken out by the person who logged them", 10.0],
        ["Analysed", 84235.0],
    ]
    assert sheets["Checks"][-2:] == [["Look into this", "The arms differ"], ["Passed", "Even"]]
    assert sheets["Plan"][2:] == [[*pair] for pair in whole.plan]
    locked = (
        "The plan was locked on 27 September 2024 at 9:30am by lead (user 3). "
        "The plan was changed 2 times after it was locked."
    )
    assert sheets["Plan changes"][1:] == [
        [locked],
        ["What", "Before", "After", "Who", "When", "Why"],
        [
            "Read-out day",
            "3 January 2025",
            "[z]",
            "lead (user 3)",
            "2 January 2025 at 1:07pm",
            "The minister asked",
        ],
        ["Hours in a working day", "7.5", "8", "not known", "not known", "Nobody recorded it"],
    ]
    assert [locked] in sheets[COVER]


def test_a_report_without_checks_and_changes_says_so() -> None:
    kept = invented(plan_locked_at=LOCKED, plan_locked_by="lead (user 3)")
    sheets = sheets_of(report_workbook(kept).content)
    assert ["This analysis made no checks."] in texts(sheets["Checks"])
    (note,) = texts(sheets["Plan changes"])[1]
    assert note.endswith("by lead (user 3). It was not changed since then.")


def test_the_same_tables_are_made_once() -> None:
    first, again = invented(), invented()
    assert report_workbook(first).content is report_workbook(again).content
    later = replace(again, as_of=AS_OF + datetime.timedelta(7))
    assert report_workbook(later).content != report_workbook(first).content
    part, other = (section_of(one, "departments") for one in (first, again))
    assert section_workbook(first, part).content is section_workbook(again, other).content
