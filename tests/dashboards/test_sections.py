"""The sections of a page: what is there, what is said, what never is."""

from dataclasses import replace

import plotly.io

from dashboards.section import Section
from dashboards.sections import sections
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow
from tests.dashboards.invented import (
    NOT_CAUSAL,
    conventions,
    department_rows,
    everything,
    missing,
    results,
    row,
    small_row,
    total_rows,
    trial,
)


def page(*rows: EstimateRow, simulated: bool = False) -> dict[str, Section]:
    found = published(results(*rows, simulated=simulated), minimum_people=10)
    return {section.slug: section for section in sections(found, trial(simulated=simulated))}


def words(section: Section) -> str:
    picture = plotly.io.to_json(section.figure) if section.figure else ""
    return " ".join(
        [
            section.finding,
            section.subtitle,
            *section.remarks,
            section.alternative,
            str(section.table),
            picture,
        ]
    )


def test_the_page_has_a_section_for_everything_that_has_rows() -> None:
    assert list(page()) == ["main-figures", "departments", "task-types", "reported-and-measured"]
    assert list(page(*total_rows(), row(dimension="grade", group="Grade 7"))) == [
        "main-figures",
        "grades",
        "reported-and-measured",
    ]
    assert list(page(*everything())) == [
        "main-figures",
        "quality",
        "departments",
        "task-types",
        "tools",
        "over-time",
        "use-over-time",
        "reported-and-measured",
        "specifications",
    ]


def test_every_picture_has_a_finding_a_subtitle_words_and_a_table() -> None:
    drawn = [section for section in page().values() if section.figure]
    assert [section.slug for section in drawn] == [
        "departments",
        "task-types",
        "reported-and-measured",
    ]
    for section in drawn:
        assert section.finding
        assert section.alternative
        assert section.table.rows
        assert (
            "Kettles with an assistant, 30 September 2024 to 13 December 2024" in section.subtitle
        )
        assert "95% confidence intervals" in section.subtitle


def test_simulated_data_are_named_under_every_picture() -> None:
    for section in page(simulated=True).values():
        assert not section.figure or section.subtitle.endswith("Simulated data.")
    for section in page().values():
        assert "Simulated" not in section.subtitle


def test_what_is_not_causal_is_named_under_every_picture() -> None:
    rows = [replace(row, comparison=NOT_CAUSAL) for row in results().estimates]
    for section in page(*rows).values():
        assert not section.figure or "No comparison group: not a causal effect." in section.subtitle


def test_a_small_group_leaks_nowhere() -> None:
    for section in page().values():
        assert not any(number in words(section) for number in ("7777", "6666", "8888", "7,777"))
    assert ("Secret Teapot Unit", "[c]", "[c]", "[c]") in page()["departments"].table.rows


def test_departments_without_days_show_time_per_task() -> None:
    reason = "task logs have no dates"
    daily = missing(
        "minutes_saved_per_working_day", reason, dimension="department", group="Board of Kites"
    )
    ratio = row("time_ratio", 0.67, 0.51, 0.88, dimension="department", group="Board of Kites")
    departments = page(*total_rows(), daily, ratio)["departments"]
    assert departments.subtitle.startswith("Time saved per task by department.")
    assert departments.table.rows[0][1] == "33% (12% to 49%)"


def test_without_any_number_there_is_a_table_and_no_picture() -> None:
    rows = [
        missing(row.estimand, "no task logs with AI", dimension="department", group=row.group)
        for row in department_rows()
    ]
    departments = page(*total_rows(), *rows)["departments"]
    assert departments.figure is None
    assert departments.finding == "There is no figure for any department."
    assert departments.alternative == ""


def test_a_download_carries_the_groups_and_their_total() -> None:
    rows = page(*total_rows(), *department_rows(), small_row())["departments"].rows
    assert rows[0].dimension == "all"
    assert {row.estimand for row in rows} == {"minutes_saved_per_working_day"}
    assert len(rows) == 1 + 4 + 1


def test_the_main_figures_name_their_assumptions() -> None:
    names = [cells[0] for cells in page()["main-figures"].table.rows]
    assert "Working days saved a year, at 225 days of 7.5 hours" in names
    assert page()["main-figures"].finding == "80% of the people given AI used it at least once."


def with_conventions(*rows: EstimateRow) -> dict[str, Section]:
    found = replace(results(*rows), sensitivity=conventions())
    return {section.slug: section for section in sections(found, trial())}


def test_conventions_stand_after_what_is_reported() -> None:
    found = with_conventions()
    assert list(found)[3:] == ["reported-and-measured", "conventions"]
    assert found["conventions"].title == "The same minutes under other conventions"
    assert found["conventions"].finding.startswith("The same 10 minutes saved a day are 4.6 to")
    assert len(found["conventions"].table.rows) == len(found["conventions"].conventions) == 6
    assert found["conventions"].subtitle == (
        "Working days saved a year by convention. Kettles with an assistant, 30 September 2024 to "
        "13 December 2024."
    )
    not_causal = with_conventions(*[replace(row, comparison=NOT_CAUSAL) for row in total_rows()])
    assert not_causal["conventions"].subtitle.endswith("No comparison group: not a causal effect.")


def test_what_rests_on_the_open_band_stands_beside_what_is_reported() -> None:
    assert with_conventions()["reported-and-measured"].remarks[0].startswith("13% of the answers")
    assert page()["reported-and-measured"].remarks == ()


def test_without_days_there_are_no_conventions() -> None:
    withheld = tuple(row | {"days_per_year": None} for row in conventions())
    found = sections(replace(results(), sensitivity=withheld), trial())
    assert "conventions" not in [section.slug for section in found]
