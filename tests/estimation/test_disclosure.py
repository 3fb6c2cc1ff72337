"""What leaves the engine: small groups never, other numbers rounded."""

import math
import re
from dataclasses import fields, replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.disclosure import published, rounded_count
from measurement.estimation.regression import _full_leverage
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results

NUMBERS = [
    item.name
    for item in fields(EstimateRow)
    if item.name != "confidence" and ("float" in str(item.type) or "int" in str(item.type))
]


def row(
    people: int, *, dimension: str = "department", group: str = "all", **given: Any
) -> EstimateRow:
    defaults: dict[str, Any] = {
        "estimand": "minutes_saved_per_working_day",
        "dimension": dimension,
        "group": group,
        "scale": "minutes",
        "confidence": 0.95,
        "comparison": "randomised",
        "value": 10.46,
        "std_error": 1.2345,
        "ci_low": -0.0004,
        "ci_high": 20.96,
        "p_value": 0.0123,
        "p_value_adjusted": 0.0246,
        "bootstrap_p_value": 0.02,
        "standard_errors": "CR1",
        "degrees_of_freedom": people - 1.0,
        "clusters": people,
        "participants": people,
        "logs": 40 * people,
        "reference_mean": 41.26,
    }
    return EstimateRow(**(defaults | given))


def total(people: int, **given: Any) -> EstimateRow:
    return row(people, dimension="all", **given)


def results(*rows: EstimateRow, **given: Any) -> Results:
    counts = LogCounts(received=1234, refused=1, stored=1233, excluded={"void": 3}, analysed=1230)
    defaults: dict[str, Any] = {
        "trial": "small-trial",
        "design": "parallel",
        "simulated": False,
        "plan_sha256": "0" * 64,
        "code_version": "1",
        "last_log": 1233,
        "logs": counts,
        "as_of": "2026-11-24",
        "estimates": rows,
    }
    return Results(**(defaults | given))


def shown(found: Results) -> set[str]:
    return {row.group for row in found.estimates if not row.suppressed and row.dimension != "all"}


def test_numbers_are_rounded_and_tests_of_them_withheld() -> None:
    (only,) = published(results(total(399)), minimum_people=10).estimates
    assert (only.value, only.ci_low, only.ci_high) == (10, 0, 21)
    assert math.copysign(1, only.ci_low or 0.0) == 1, "never -0"
    assert (only.participants, only.logs, only.clusters) == (400, 15960, 400)
    assert only.reference_mean == 41
    withheld = (only.std_error, only.p_value, only.p_value_adjusted, only.bootstrap_p_value)
    assert withheld == (None,) * 4
    assert only.degrees_of_freedom is None


def test_means_of_four_hundred_people_get_a_decimal() -> None:
    (only,) = published(results(total(400)), minimum_people=10).estimates
    assert (only.value, only.ci_high, only.reference_mean) == (10.5, 21.0, 41.3)


def test_ratios_and_rates_have_their_own_rounding() -> None:
    ratio = total(76, estimand="time_ratio", value=0.671903, ci_low=0.513595, ci_high=0.879007)
    rate = total(76, estimand="adoption_rate", value=0.8049, ci_low=0.701, ci_high=0.909)
    first, second = published(results(ratio, rate), minimum_people=10).estimates
    assert (first.value, first.ci_low, first.ci_high) == (0.67, 0.51, 0.88)
    assert (second.value, second.ci_low, second.ci_high) == (0.80, 0.70, 0.91)


def test_days_a_year_follow_from_the_published_minutes() -> None:
    daily = total(300, value=9.6, ci_low=7.6, ci_high=11.7)
    yearly = replace(daily, estimand="working_days_saved_per_year", scale="days")
    yearly = replace(yearly, value=4.8, ci_low=3.8, ci_high=5.85)
    found = published(results(daily, yearly), minimum_people=10).estimates[1]
    assert (found.value, found.ci_low, found.ci_high) == (5.0, 4.0, 6.0)


def test_counts_of_logs_are_rounded() -> None:
    found = published(results(total(30)), minimum_people=10)
    assert found.last_log == 1235
    assert found.logs == LogCounts(
        received=1235, refused=0, stored=1235, excluded={"void": 5}, analysed=1230
    )


def test_a_small_group_and_the_next_smallest_are_suppressed() -> None:
    rows = [row(people, group=f"group of {people}") for people in (300, 40, 25, 9)]
    found = published(results(total(374), *rows), minimum_people=10)
    assert shown(found) == {"group of 300", "group of 40"}


def test_two_tiny_groups_need_a_third_to_hide_behind() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40, 25, 3, 2)]
    assert shown(published(results(total(370), *rows), minimum_people=10)) == {"300", "40"}


def test_small_groups_that_hide_each_other_need_no_third() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40, 9, 8)]
    assert shown(published(results(total(357), *rows), minimum_people=10)) == {"300", "40"}


def test_a_small_group_that_has_no_row_is_not_had_by_subtraction_either() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40)]
    assert shown(published(results(total(345), *rows), minimum_people=10)) == {"300"}


def test_a_person_may_do_several_types_of_task_so_people_are_not_subtracted() -> None:
    rows = [
        row(people, group=str(people), dimension="task_type") for people in (300, 290, 280, 9, 8)
    ]
    assert shown(published(results(total(310), *rows), minimum_people=10)) == {"300", "290"}


def test_few_people_on_one_side_of_the_comparison_are_few() -> None:
    lopsided = row(50, group="lopsided", participants_with_ai=9, participants_without_ai=41)
    large = row(60, group="large", participants_with_ai=30, participants_without_ai=30)
    larger = row(90, group="larger", participants_with_ai=45, participants_without_ai=45)
    everybody = total(200, participants_with_ai=84, participants_without_ai=116)
    assert shown(published(results(everybody, lopsided, large, larger), minimum_people=10)) == {
        "larger"
    }


def test_a_suppressed_row_has_no_number_at_all() -> None:
    small = row(9, group="nine", participants_with_ai=9, participants_without_ai=9)
    suppressed = published(results(small), minimum_people=10).estimates[0]
    assert suppressed.suppressed
    assert {name: getattr(suppressed, name) for name in NUMBERS} == dict.fromkeys(NUMBERS)
    assert (suppressed.notes, suppressed.standard_errors) == ((), None)
    assert suppressed.group == "nine"


def not_estimable(reason: str, **given: Any) -> EstimateRow:
    blank: dict[str, Any] = dict.fromkeys(NUMBERS)
    return row(0, **(blank | {"standard_errors": None, "not_estimable": reason} | given))


def test_a_group_without_a_count_is_suppressed_and_its_reason_with_it() -> None:
    reason = "no task logs without AI to compare with"
    found = published(results(not_estimable(reason, group="unknown")), minimum_people=10)
    assert found.estimates[0].suppressed
    assert found.estimates[0].not_estimable is None


def test_a_reason_stands_where_the_group_is_known_to_be_large() -> None:
    daily = not_estimable("task logs have no dates", group="known")
    ratio = row(50, group="known", estimand="time_ratio")
    found = published(results(daily, ratio), minimum_people=10).estimates[0]
    assert (found.suppressed, found.not_estimable) == (False, "task logs have no dates")


@pytest.mark.parametrize(
    "reason",
    [
        "4 clusters, at least 6 are needed",
        "the logarithm of -0.3: a number above 0 is needed",
        _full_leverage(
            pd.MultiIndex.from_tuples([("ada-1", "key-7")], names=["participant", "task"])
        ),
    ],
)
def test_reasons_lose_counts_and_names_of_rows(reason: str) -> None:
    found = published(results(not_estimable(reason, dimension="all")), minimum_people=10)
    text = found.estimates[0].not_estimable
    assert text
    assert not re.search(r"\b\d|ada-1|key-7", text)


def test_checks_keep_their_verdict_and_lose_their_figures() -> None:
    check = Check(
        check="sample_ratio",
        statistic=1.5,
        p_value=0.2,
        verdict="pass",
        message="The arms are as planned: 503 and 497 people",
    )
    found = published(results(checks=(check,)), minimum_people=10).checks[0]
    assert (found.statistic, found.p_value) == (None, None)
    assert (found.verdict, found.message) == ("pass", "The arms are as planned")


def test_an_estimand_without_a_rule_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="no rule says how 'new_estimand' is published"):
        published(results(total(30, estimand="new_estimand")), minimum_people=10)


def test_a_minimum_below_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="minimum_people is 0; at least 1"):
        published(results(), minimum_people=0)


@given(st.integers(0, 10**9))
def test_counts_go_to_the_nearest_five(count: int) -> None:
    assert rounded_count(count) % 5 == 0
    assert abs(rounded_count(count) - count) <= 2


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 12))
def test_no_fewer_than_ten_people_are_left_by_subtraction(sizes: list[int], rowless: int) -> None:
    rows = [row(people, group=str(place)) for place, people in enumerate(sizes)]
    found = published(results(total(sum(sizes) + rowless), *rows), minimum_people=10)
    if found.estimates[0].suppressed:
        assert shown(found) == set()
        return
    kept = [sizes[int(group)] for group in shown(found)]
    left = sum(sizes) + rowless - sum(kept)
    assert min(kept, default=10) >= 10
    assert left == 0 or left >= 10
