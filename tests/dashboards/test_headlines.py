"""A headline never says more than the interval allows."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.headlines import (
    COMPARED_WITH,
    across_groups,
    headline,
    reported_beside_measured,
)
from dashboards.measures import LESS_TIME, PER_WORKING_DAY, Reading
from measurement.estimation.definition import KINDS, Assumptions
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow
from tests.dashboards.invented import NOT_CAUSAL, missing, results, row

CLAIM = re.compile(r"saved \d|took [\d.]+ minutes? (longer|less)|took \d+% (less|more)")


def said(*rows: EstimateRow, final: bool = True, design: str = "crossover") -> str:
    found = published(replace(results(*rows), design=design), minimum_people=10)
    return headline(found, assumptions=Assumptions(), final=final)


def days(value: float) -> EstimateRow:
    return row("working_days_saved_per_year", value, value - 1, value + 1, scale="days")


def test_a_clear_saving_comes_with_its_interval_and_its_days() -> None:
    assert said(row(), days(5)) == (
        "People given AI saved 10 minutes per working day compared with their time without it (95% "
        "confidence interval 8 to 12), about 5 working days a year (4 to 6) at 225 days of 7.5 "
        "hours."
    )


def test_numbers_of_one_sentence_have_the_same_decimals() -> None:
    """As in the table below it, where 9 would look rougher than 10.1."""
    assert "saved 10.0 minutes per" in said(row(value=10.0, low=9.0, high=10.4, people=900))
    assert "(95% confidence interval 9.0 to 10.4)" in said(
        row(value=10.0, low=9.0, high=10.4, people=900)
    )
    assert "8.0 to 9.5 longer" in said(row(value=-9.0, low=-9.5, high=-8.0, people=900))
    assert "from 2.0 minutes lost to 3.5 minutes saved" in said(
        row(value=1.0, low=-2.0, high=3.5, people=900)
    )


def test_a_clear_loss_is_said_as_plainly() -> None:
    assert said(row(value=-10, low=-12, high=-8), days(-5)) == (
        "People given AI took 10 minutes longer per working day compared with their time without "
        "it (95% confidence interval 8 to 12 longer), about 5 working days a year (4 to 6) at 225 "
        "days of 7.5 hours."
    )


def test_no_clear_difference_has_no_point_estimate_and_no_days() -> None:
    assert said(row(value=2, low=-3, high=7), days(1)) == (
        "No clear difference: the 95% confidence interval runs from 3 minutes lost to 7 minutes "
        "saved per working day by people given AI compared with their time without it."
    )


def test_until_the_read_out_what_is_unclear_is_no_conclusion_yet() -> None:
    assert said(row(value=2, low=-3, high=7), final=False) == (
        "No conclusion yet, because the interval still holds both savings and losses: the 95% "
        "confidence interval runs from 3 minutes lost to 7 minutes saved per working day by "
        "people given AI compared with their time without it."
    )
    assert said(row(value=2, low=0, high=7), final=False).startswith(
        "No conclusion yet, because the interval still holds no difference at all: the 95% "
    )
    assert said(row("time_ratio", 0.95, 0.8, 1.12), final=False).startswith(
        "No conclusion yet, because the interval still holds both savings and losses: the 95% "
        "confidence interval runs from 12% more"
    )
    assert said(row(), final=False) == said(row(), final=True)


def test_every_design_names_its_comparison() -> None:
    assert set(COMPARED_WITH) == set(KINDS)
    for kind, others in COMPARED_WITH.items():
        assert f"per working day compared with {others} (95%" in said(row(), design=kind)


def test_without_dates_time_per_task_stands_in() -> None:
    daily = missing(PER_WORKING_DAY.estimand, "task logs have no dates")
    ratio = row("time_ratio", 0.671903, 0.513595, 0.879007, people=68)
    assert said(daily, ratio) == (
        "Tasks took 33% less time with AI (95% confidence interval 12% to 49% less). There is no "
        "figure per working day: task logs have no dates."
    )


def test_more_time_per_task_is_said_as_plainly() -> None:
    assert said(row("time_ratio", 1.19, 1.02, 1.39)).startswith(
        "Tasks took 19% more time with AI (95% confidence interval 2% to 39% more)."
    )


def test_an_unclear_ratio_is_no_effect() -> None:
    assert said(row("time_ratio", 0.95, 0.8, 1.12)).startswith(
        "No clear difference: the 95% confidence interval runs from 12% more to 20% less time per "
        "task with AI."
    )


def test_nothing_estimable_is_said_with_the_reason() -> None:
    reason = "no task logs to analyse"
    rows = [missing("time_ratio", reason), missing(PER_WORKING_DAY.estimand, reason)]
    assert said(*rows, final=False) == (
        "No conclusion yet, because there is no estimate: no task logs to analyse."
    )
    assert said(*rows) == "No conclusion, because there is no estimate: no task logs to analyse."
    nothing = headline(replace(results(), estimates=()), assumptions=Assumptions(), final=False)
    assert nothing == "No conclusion yet, because nothing was analysed."


def test_without_a_comparison_group_that_is_said_even_where_nothing_is_found() -> None:
    silent = replace(missing("time_ratio", "no task logs to analyse"), comparison=NOT_CAUSAL)
    few = replace(row("time_ratio", 0.5, 0.4, 0.6, people=9), comparison=NOT_CAUSAL)
    for line in (silent, few):
        sentence = said(line, design="observational")
        assert sentence.startswith(
            "No comparison group: not a causal effect. No conclusion, because"
        )


def test_few_people_are_not_shown() -> None:
    sentence = said(row(people=9), row("time_ratio", 0.5, 0.4, 0.6, people=9))
    assert sentence == (
        "No conclusion, because too few people stand behind the figures to show them."
    )


def test_other_levels_of_confidence_are_named() -> None:
    assert "90% confidence interval" in said(row(confidence=0.9))


@pytest.mark.parametrize(
    "rows",
    [
        [row(), days(5)],
        [row(value=-10, low=-12, high=-8)],
        [row(value=1, low=-2, high=4)],
        [row("time_ratio", 0.7, 0.6, 0.8)],
        [row("time_ratio", 1.7, 1.6, 1.8)],
        [row("time_ratio", 1.0, 0.8, 1.2)],
    ],
)
def test_without_a_comparison_group_that_comes_first(rows: list[EstimateRow]) -> None:
    sentence = said(*(replace(row, comparison=NOT_CAUSAL) for row in rows))
    assert sentence.startswith("No comparison group: not a causal effect. ")
    assert "People given AI" not in sentence


@given(
    st.floats(-60, 60),
    st.floats(0.01, 30),
    st.floats(0.01, 30),
    st.integers(10, 1000),
    st.sampled_from(["randomised", NOT_CAUSAL]),
)
def test_no_effect_is_claimed_where_the_interval_holds_zero(
    value: float, below: float, above: float, people: int, comparison: str
) -> None:
    low, high = value - below, value + above
    sentence = said(row(value=value, low=low, high=high, people=people, comparison=comparison))
    if low <= 0 <= high:
        assert sentence.removeprefix("No comparison group: not a causal effect. ").startswith(
            "No clear difference"
        )
        assert not CLAIM.search(sentence.partition("interval runs")[0])


@given(st.floats(0.05, 4), st.floats(1.001, 3), st.floats(1.001, 3))
def test_no_ratio_is_claimed_where_the_interval_holds_one(
    value: float, below: float, above: float
) -> None:
    low, high = value / below, value * above
    if low <= 1 <= high:
        assert said(row("time_ratio", value, low, high)).startswith("No clear difference")


def group(value: float, low: float, high: float) -> EstimateRow:
    return row(value=value, low=low, high=high, dimension="department", group=str(value))


def test_groups_are_counted_by_their_intervals() -> None:
    faster, unclear, slower = group(9, 5, 13), group(1, -1, 3), group(-9, -13, -5)

    def across(*rows: EstimateRow) -> str:
        return across_groups(rows, PER_WORKING_DAY, one="department", several="departments")

    assert across(faster, unclear) == (
        "Clearly less time with AI in 1 of the 2 departments shown, clearly more in none."
    )
    assert across(faster, unclear, slower) == (
        "Clearly less time with AI in 1 of the 3 departments shown, clearly more in 1."
    )
    assert across(unclear, slower) == (
        "Clearly more time with AI in 1 of the 2 departments shown, clearly less in none."
    )
    assert across(slower, slower) == (
        "Clearly more time with AI in each of the 2 departments shown."
    )
    assert across(faster, faster) == (
        "Clearly less time with AI in each of the 2 departments shown."
    )
    assert across(unclear) == "No clear difference in the one department shown."
    assert across() == "There is no figure for any department."


def test_ratios_above_one_are_more_time() -> None:
    slower = row("time_ratio", 1.5, 1.2, 1.9, dimension="grade", group="Grade 7")
    assert across_groups([slower], LESS_TIME, one="grade", several="grades") == (
        "Clearly more time with AI in the one grade shown."
    )


def test_reports_are_set_beside_the_measurement() -> None:
    assert reported_beside_measured(Reading(26, 25, 27), Reading(10, 8, 12)) == (
        "People reported saving 26 minutes a day; task logs show 10 minutes saved per working day. "
        "Reports are 16 minutes above the measurement."
    )
    assert reported_beside_measured(Reading(5, 4, 6), Reading(10, 8, 12)).endswith(
        "Reports are 5 minutes below the measurement."
    )
    assert reported_beside_measured(Reading(11, 9, 13), Reading(-1, -4, 9)) == (
        "People reported saving 11 minutes a day; task logs show no clear difference per working "
        "day. The intervals overlap, so there is no clear difference between the two."
    )
    assert reported_beside_measured(Reading(30, 26.5, 33.1), Reading(10, 8, 12)) == (
        "People reported saving 30.0 minutes a day; task logs show 10 minutes saved per working "
        "day. Reports are 20.0 minutes above the measurement."
    )
    assert "no survey answers" in reported_beside_measured(None, Reading(1, 0, 2))
    assert "not available" in reported_beside_measured(Reading(1, 0, 2), None)
