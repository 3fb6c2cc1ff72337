"""Breakdowns: shrunken values beside raw ones, whether groups differ, tools not randomised."""

from dataclasses import replace

import pytest

from dashboards import groups
from dashboards.section import Section
from measurement.estimation.results import Check, EstimateRow
from tests.dashboards.invented import (
    check,
    department_rows,
    results,
    row,
    small_row,
    task_type_rows,
    tool_rows,
    total_rows,
    trial,
)

DEPARTMENTS = groups.GROUPINGS[0]


def departments(*rows: EstimateRow, checks: tuple[Check, ...] = ()) -> Section:
    found = groups.section(DEPARTMENTS, replace(results(*rows), checks=checks), trial())
    assert found is not None
    return found


def test_every_grouping_has_a_figure_with_its_numbers() -> None:
    for grouping in groups.GROUPINGS:
        rows = [replace(one, dimension=grouping.dimension) for one in department_rows()]
        found = groups.section(grouping, results(*total_rows(), *rows), trial())
        assert found is not None
        assert found.figure is not None
        assert found.figure["data"][0]["x"] == [14, 6, 1, -5]


def test_shrunken_values_stand_beside_raw_ones() -> None:
    rows = [replace(one, shrunken_value=(one.value or 0) / 2) for one in department_rows()]
    suppressed = replace(small_row(), value=None, ci_low=None, ci_high=None, suppressed=True)
    found = departments(row(people=2277), *rows, suppressed)
    assert found.table.columns[2] == "Drawn to the average"
    assert [cells[2] for cells in found.table.rows] == [
        "7",
        "3",
        "0.5",
        "\N{MINUS SIGN}2.5",
        "[c]",
        "[z]",
    ]
    assert any(note.startswith("Drawn to the average: ") for note in found.table.notes)
    assert "[z]: does not apply." in found.table.notes


def test_without_shrunken_values_there_is_no_such_column() -> None:
    found = departments(row(), *department_rows())
    assert "Drawn to the average" not in found.table.columns
    assert "[z]: does not apply." not in found.table.notes


def test_a_shrunken_ratio_is_time_saved_in_per_cent() -> None:
    ratio = row(
        "time_ratio", 0.7, 0.6, 0.8, dimension="department", group="Kites", shrunken_value=0.75
    )
    assert departments(ratio).table.rows[0][1:3] == ("30% (20% to 40%)", "25%")


def test_types_of_task_are_shrunken_too() -> None:
    rows = [replace(one, shrunken_value=1.0) for one in task_type_rows()]
    found = groups.task_types(results(*rows), trial())
    assert found is not None
    assert found.table.columns[4] == "Drawn to the average"
    assert [cells[4] for cells in found.table.rows] == ["1", "1"]


@pytest.mark.parametrize(
    ("verdict", "message", "said"),
    [
        (
            "warn",
            "The effect differs between departments",
            "The effect differs between departments.",
        ),
        ("pass", "Nothing shows that it differs", "Nothing shows that it differs."),
        (
            "not_estimable",
            "The data do not allow this check",
            "Whether the effect differs between departments at all is not known.",
        ),
    ],
)
def test_whether_groups_differ_at_all_is_said(verdict: str, message: str, said: str) -> None:
    checks = (
        check("interaction_grade", "warn", "Something else"),
        check("interaction_department", verdict, message),
    )
    assert departments(row(), *department_rows(), checks=checks).remarks == (said,)


def test_without_a_test_nothing_is_said_of_it() -> None:
    assert departments(row(), *department_rows()).remarks == ()


def test_tools_say_first_that_nobody_was_randomised() -> None:
    found = groups.tools(results(*total_rows(), *tool_rows()), trial())
    assert found is not None
    assert found.title == "Tools (not randomised)"
    assert found.finding == (
        "Not randomised. Clearly less time with AI in 1 of the 2 tools shown, clearly more in none."
    )
    assert "By use, not as randomised: not a causal effect." in found.subtitle
    assert [cells[0] for cells in found.table.rows] == ["Teapot", "Kettle"], "no total to compare"
    assert found.remarks == (groups.BY_CHOICE,)


def test_without_tools_there_is_no_section() -> None:
    assert groups.tools(results(), trial()) is None
