"""What leaves the engine: small groups never, other numbers rounded."""

import math
import re
from dataclasses import asdict, fields, replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.disclosure import published, rounded_count
from measurement.estimation.regression import _full_leverage
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results
from measurement.estimation.sensitivity import SensitivityRow

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
    assert only.ci_low is not None
    assert math.copysign(1, only.ci_low) == 1, "never -0"
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


def test_days_a_year_follow_from_the_minutes_of_their_own_group_and_sample() -> None:
    names = {"dimension": "department", "group": "red", "sample": "timed"}
    others = [names | {name: other} for name, other in OTHER_NAMES.items()]
    minutes = [row(300, **other, value=40.0) for other in others]
    daily = row(300, **names, value=9.6, ci_low=7.6, ci_high=11.7)
    yearly = row(300, **names, estimand="working_days_saved_per_year", value=4.8)
    found = published(results(*minutes, daily, yearly), minimum_people=10).estimates[-1]
    assert (found.value, found.ci_low, found.ci_high) == (5.0, 4.0, 6.0)


OTHER_NAMES = {"dimension": "all", "group": "all", "sample": "primary"}


def test_days_a_year_without_minutes_to_follow_from_are_rounded_on_their_own() -> None:
    yearly = total(300, estimand="working_days_saved_per_year", value=4.8123)
    (alone,) = published(results(yearly), minimum_people=10).estimates
    assert alone.value == 4.8
    none = replace(yearly, value=0.04)
    found = published(results(total(300, value=0.0), none), minimum_people=10).estimates[1]
    assert found.value == 0.0
    blank = not_estimable("no dates", dimension="all", estimand=yearly.estimand)
    found = published(results(total(300), blank), minimum_people=10).estimates[1]
    assert (found.value, found.not_estimable) == (None, "no dates")


def test_taus_and_winsorising_limits_are_withheld() -> None:
    secret = {"task_type": "email", "low": 1.0, "high": 90.0}
    found = published(
        results(winsorising_limits=(secret,), tuning=({"tau": 0.1},)), minimum_people=10
    )
    assert (found.winsorising_limits, found.tuning) == ((), ())


def test_the_sensitivity_table_goes_through_the_same_door() -> None:
    planned = SensitivityRow(
        convention="This trial's plan",
        estimand="minutes_saved_per_working_day",
        day_basis="working_days",
        working_days_per_year=225.0,
        hours_per_day=7.5,
        minutes_per_day=10.46,
        days_per_year=5.23,
        ci_low=4.1,
        ci_high=6.3,
        confidence=0.95,
    )
    other = replace(
        planned, primary=False, participants=30, participants_in_top_band=9, top_band_share=0.3
    )
    table = (asdict(planned), asdict(other))
    found = published(results(total(30), sensitivity=table), minimum_people=10).sensitivity
    assert [line["suppressed"] for line in found] == [False, True]
    assert (found[0]["minutes_per_day"], found[0]["days_per_year"]) == (10, 5)


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


def test_groups_that_add_up_or_leave_enough_people_hide_nothing() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40)]
    for everybody in (340, 350):
        assert shown(published(results(total(everybody), *rows), minimum_people=10)) == {
            "300",
            "40",
        }


@pytest.mark.parametrize("people", [1, 10, 25])
def test_as_many_people_as_the_minimum_are_enough(people: int) -> None:
    (only,) = published(results(total(people)), minimum_people=people).estimates
    assert not only.suppressed
    (only,) = published(results(total(people)), minimum_people=people + 1).estimates
    assert only.suppressed


@pytest.mark.parametrize(
    "other", [{"estimand": "time_ratio"}, {"sample": "timed"}, {"arm": "second"}]
)
def test_only_rows_of_one_figure_are_subtracted_from_one_another(other: dict[str, str]) -> None:
    one = [total(340), row(300, group="300"), row(40, group="40")]
    # Of the other figure's people, 5 are in no group that has a row.
    beside = [total(355, **other), row(300, group="300", **other), row(50, group="50", **other)]
    assert shown(published(results(*one, *beside), minimum_people=10)) == {"300", "40"}


def test_overlapping_groups_of_enough_people_hide_nothing() -> None:
    rows = [row(people, group=str(people), dimension="task_type") for people in (300, 20)]
    elsewhere = row(5, group="5", dimension="team")
    found = published(results(total(310), *rows, elsewhere), minimum_people=10)
    assert shown(found) == {"300", "20"}


def sides(with_ai: int, without: int) -> dict[str, Any]:
    return {"participants_with_ai": with_ai, "participants_without_ai": without}


@pytest.mark.parametrize(
    ("people", "hidden"), [(100, False), (99, True), (91, True), (90, False), (109, True)]
)
def test_a_sample_leaves_out_nobody_or_enough_people(people: int, hidden: bool) -> None:
    sample = total(people, sample="timed")
    found = published(results(total(100), sample), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [False, hidden]


def test_a_sample_that_leaves_out_few_on_one_side_is_hidden() -> None:
    whole = total(100, **sides(50, 50))
    sample = total(80, sample="timed", **sides(49, 31))
    found = published(results(whole, sample), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [False, True]


def test_a_sample_is_compared_with_its_own_figure_only() -> None:
    whole = [total(100), total(80, estimand="time_ratio"), total(80, arm="second")]
    sample = total(80, sample="timed")
    alone = total(95, sample="timed", estimand="quality_difference")
    blank = not_estimable("no dates", dimension="all", sample="timed", estimand="time_ratio")
    found = published(results(*whole, sample, alone, blank), minimum_people=10).estimates
    assert [line.suppressed for line in found[3:]] == [False, False, False]


def arms(*people: int, **given: Any) -> list[EstimateRow]:
    """Return the rows of all arms together and of each arm."""
    together = total(sum(people), arm="all arms", **given)
    single = [total(size, arm=f"arm {place}", **given) for place, size in enumerate(people)]
    return [together, *single]


@pytest.mark.parametrize(
    ("people", "hidden"),
    [((50, 100, 9), {0, 2}), ((9, 100, 50), {0, 2}), ((9, 8, 50), {0, 1, 2}), ((10, 50), set())],
)
def test_beside_a_suppressed_arm_the_smallest_other_one_is_too(
    people: tuple[int, ...], hidden: set[int]
) -> None:
    found = published(results(*arms(*people)), minimum_people=10).estimates
    assert {place for place, line in enumerate(found[1:]) if line.suppressed} == hidden
    assert not found[0].suppressed


def test_arms_are_hidden_figure_by_figure_and_not_for_their_groups() -> None:
    first, second = arms(50, 100, 9), arms(70, 9, 60, estimand="time_ratio")
    third = arms(50, 100, 30, estimand="quality_difference")
    group = row(5, group="5", arm="arm 0", estimand="quality_difference")
    blank = not_estimable("no dates", dimension="all", arm="x", estimand="quality_difference")
    found = published(results(*first, *second, *third, group, blank), minimum_people=10).estimates
    hidden = [line.suppressed for line in found]
    assert hidden == [
        *(False, True, False, True),
        *(False, False, True, True),
        *(False, False, False, False),
        *(True, False),
    ]


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


@pytest.mark.parametrize(
    ("users", "hidden"),
    [(0, False), (1, True), (9, True), (10, False), (30, False), (31, True), (39, True)],
)
@pytest.mark.parametrize("dimension", ["all", "week", "wave"])
@pytest.mark.parametrize("estimand", ["adoption_rate", "logging_rate", "response_rate"])
def test_few_who_did_or_few_others_hide_a_share_of_people(
    users: int, hidden: bool, dimension: str, estimand: str
) -> None:
    rate = row(40, dimension=dimension, estimand=estimand, **sides(users, 40 - users))
    (only,) = published(results(rate), minimum_people=10).estimates
    assert only.suppressed == hidden


def test_a_group_in_which_all_did_it_adds_nobody_to_those_who_did_not() -> None:
    """Of twenty who did not, fifteen are in blue: the five in green would be had by subtraction."""
    sizes = {"red": (20, 0), "blue": (10, 15), "green": (10, 5)}
    groups = [
        row(sum(of), group=name, estimand="response_rate", **sides(*of))
        for name, of in sizes.items()
    ]
    everybody = total(60, estimand="response_rate", **sides(40, 20))
    assert shown(published(results(everybody, *groups), minimum_people=10)) == set()
    enough = row(50, group="green", estimand="response_rate", **sides(35, 15))
    everybody = total(95, estimand="response_rate", **sides(65, 30))
    found = published(results(everybody, *groups[:2], enough), minimum_people=10)
    assert shown(found) == {*sizes}


def test_everybody_may_have_used_ai_but_they_must_be_enough() -> None:
    rates = [
        total(people, estimand="adoption_rate", arm=str(people), **sides(people, 0))
        for people in (40, 9)
    ]
    found = [published(results(rate), minimum_people=10).estimates[0] for rate in rates]
    assert [rate.suppressed for rate in found] == [False, True]
    assert (found[0].participants_with_ai, found[0].participants_without_ai) == (40, 0)


def test_a_comparison_without_one_side_is_never_shown() -> None:
    (only,) = published(results(total(40, **sides(40, 0))), minimum_people=10).estimates
    assert only.suppressed


def test_a_suppressed_row_has_no_number_at_all() -> None:
    small = row(9, group="nine", notes=("a note",), **sides(9, 9))
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


def test_a_group_without_a_count_is_as_small_as_its_smallest_side_elsewhere() -> None:
    lopsided = row(50, group="known", estimand="time_ratio", **sides(9, 41))
    balanced = row(40, group="known", estimand="quality_difference", **sides(20, 20))
    daily = not_estimable("task logs have no dates", group="known")
    found = published(results(lopsided, balanced, daily), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [True, False, True]


def test_the_reason_for_no_total_names_nobody() -> None:
    blank = not_estimable("task logs have no dates", dimension="all")
    found = published(results(total(9, estimand="time_ratio"), blank), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [True, False]
    assert found[1].not_estimable == "task logs have no dates"


def test_notes_lose_names_and_counts_and_are_said_once() -> None:
    notes = ("a task type is left out: email", "a task type is left out: calls", "9 people left")
    (only,) = published(results(total(50, notes=notes)), minimum_people=10).estimates
    assert only.notes == ("a task type is left out",)


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


def test_a_check_whose_sentence_is_all_figures_keeps_its_verdict() -> None:
    check = Check(check="c", statistic=1, p_value=1, verdict="warn", message="3 people left")
    assert published(results(checks=(check,)), minimum_people=10).checks[0].message == "warn"


def test_an_estimand_without_a_rule_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="no rule says how 'new_estimand' is published") as raised:
        published(results(total(30, estimand="new_estimand")), minimum_people=10)
    known = str(raised.value).partition("there are rules for ")[2].split(", ")
    assert known == sorted(known)
    assert {"time_ratio", "minutes_saved_per_task"} < set(known)


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
