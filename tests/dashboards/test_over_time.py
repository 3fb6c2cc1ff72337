"""The course over time says no more of fading and growing than the novelty check allows."""

from dataclasses import replace

import pytest

from dashboards import over_time
from dashboards.section import Section
from measurement.estimation.results import Check, EstimateRow
from tests.dashboards.invented import adoption_rows, check, missing, results, trial, week_rows


def course(*rows: EstimateRow, checks: tuple[Check, ...] = (), design: str = "parallel") -> Section:
    found = over_time.effect(replace(results(*rows), checks=checks, design=design), trial())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("verdict", "savings", "said"),
    [
        ("pass", (0.3, 0.2, 0.1), "No clear change in the time saved over the weeks."),
        (
            "warn",
            (0.3, 0.2, 0.1),
            "The time saved fell over the weeks, so it may be smaller later.",
        ),
        ("warn", (0.1, 0.2, 0.3), "The time saved rose over the weeks, so it may be larger later."),
        ("warn", (0.2, 0.2), "The time saved changed over the weeks, so it may be another later."),
        (
            "not_estimable",
            (0.3, 0.1),
            "Whether the time saved changes over the weeks is not known.",
        ),
    ],
)
def test_the_finding_is_that_of_the_novelty_check(
    verdict: str, savings: tuple[float, ...], said: str
) -> None:
    found = course(*week_rows(*savings), checks=(check("novelty", verdict),))
    assert found.finding == said
    assert said in found.alternative


def test_without_a_check_nothing_is_said_of_a_change() -> None:
    assert course(*week_rows(0.3, 0.1)).finding == over_time.NOT_KNOWN


def test_weeks_of_a_crossover_have_no_direction() -> None:
    """There the check counts from everybody's first week with AI, the chart from the trial's."""
    warned = (check("novelty", "warn"),)
    found = course(*week_rows(0.3, 0.1), checks=warned, design="crossover")
    assert found.finding == over_time.CHANGE


def test_an_uncertain_week_does_not_turn_the_direction() -> None:
    wild = replace(week_rows(0.9, first=4)[0], ci_low=0.001, ci_high=3.0)
    rows = [*week_rows(0.3, 0.25, 0.2), wild]
    assert course(*rows, checks=(check("novelty", "warn"),)).finding == over_time.FELL


def test_weeks_stand_in_the_order_of_time_in_figure_and_table() -> None:
    found = course(*reversed(week_rows(*[0.1] * 11)))
    assert [cells[0] for cells in found.table.rows] == [f"Week {week}" for week in range(1, 12)]
    assert found.figure is not None
    assert found.figure["data"][0]["x"] == list(range(1, 12))
    assert found.table.rows[0][1] == "10% (6% to 14%)"
    assert found.table.columns[0] == "Week of the trial"
    assert found.remarks == ("Clearly less time with AI in each of the 11 weeks shown.",)


@pytest.mark.parametrize(
    ("savings", "said"),
    [
        ((0.0, 0.01), "No clear difference in any of the 2 weeks shown."),
        ((0.3, 0.01), "Clearly less time with AI in 1 of the 2 weeks shown, clearly more in none."),
        (
            (-0.2, 0.01),
            "Clearly more time with AI in 1 of the 2 weeks shown, clearly less in none.",
        ),
        (
            (0.3, 0.3, -0.2),
            "Clearly less time with AI in 2 of the 3 weeks shown, clearly more in 1.",
        ),
        ((0.0,), "No clear difference in the one week shown."),
        ((0.3,), "Clearly less time with AI in the one week shown."),
        ((-0.2,), "Clearly more time with AI in the one week shown."),
    ],
)
def test_clear_weeks_are_counted_where_there_are_some(
    savings: tuple[float, ...], said: str
) -> None:
    assert course(*week_rows(*savings)).remarks == (said,)


def test_weeks_before_access_are_named_and_look_different() -> None:
    note = "before access to AI"
    rows = week_rows(0.0, 0.0, 0.3, 0.2, dimension="weeks_since_access", first=-2)
    rows = [replace(row, notes=(note,) if int(row.group) < 0 else ()) for row in rows]
    found = course(*rows)
    assert [cells[0] for cells in found.table.rows] == [
        "2 weeks before",
        "1 week before",
        "Week of access",
        "1 week after",
    ]
    assert found.figure is not None
    since, before = found.figure["data"]
    assert (since["name"], before["name"]) == ("With access to AI", "Before access to AI")
    assert since["marker"]["symbol"] != before["marker"]["symbol"]
    assert found.remarks == (
        "Clearly less time with AI in each of the 2 weeks shown.",
        over_time.BEFORE_ACCESS,
    )
    assert not found.table.notes, "the name of the week says that it was before access"
    assert "by weeks since access to AI" in found.subtitle


def test_the_weeks_before_access_count_for_no_direction() -> None:
    rows = week_rows(0.0, 0.0, 0.3, 0.3, dimension="weeks_since_access", first=-2)
    assert course(*rows, checks=(check("novelty", "warn"),)).finding == over_time.CHANGE


def test_weeks_without_numbers_are_in_the_table_alone() -> None:
    unknown = missing("time_ratio", "no task logs with AI", dimension="week", group="3")
    found = course(*week_rows(0.3, 0.2), unknown)
    assert found.figure is not None
    assert found.figure["data"][0]["x"] == [1, 2]
    assert found.table.rows[2][:2] == ("Week 3", "[x]")
    nothing = course(unknown)
    assert nothing.figure is None
    assert nothing.remarks == ()


def test_without_weeks_there_is_no_course() -> None:
    assert over_time.effect(results(), trial()) is None
    assert over_time.use(results(), trial()) is None


def test_many_weeks_have_small_dots() -> None:
    few, many = (course(*week_rows(*[0.1] * weeks)).figure for weeks in (30, 31))
    assert few is not None
    assert many is not None
    assert few["data"][0]["marker"]["size"] > many["data"][0]["marker"]["size"]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (
            (0.7, 0.6, 0.5),
            "70% of the people with access used AI in week 1, 50% in week 3.",
        ),
        (
            (0.7, 0.2, 0.65),
            "70% of the people with access used AI in week 1, 65% in week 3: no clear difference "
            "between the two.",
        ),
        ((0.7,), "70% of the people with access used AI in that week."),
        ((0.998,), "99.5% or more of the people with access used AI in that week."),
    ],
)
def test_use_compares_the_first_week_with_the_last(shares: tuple[float, ...], said: str) -> None:
    found = over_time.use(results(*adoption_rows(*shares)), trial())
    assert found is not None
    assert found.finding == said
    assert found.table.columns == ("Week of the trial", "Share (95% confidence interval)", "People")
    assert "Descriptive" not in found.subtitle


def test_withheld_use_is_not_known() -> None:
    rows = [
        replace(row, value=None, ci_low=None, ci_high=None, suppressed=True)
        for row in adoption_rows(0.7, 0.6)
    ]
    found = over_time.use(results(*rows), trial())
    assert found is not None
    assert found.finding == "How many people used AI from week to week is not known."
    assert found.figure is None
