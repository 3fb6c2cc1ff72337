"""What leaves the engine: small groups never, other numbers rounded."""

import math
import re
from dataclasses import asdict, replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.disclosure import published, rounded_count
from measurement.estimation.regression import _full_leverage
from measurement.estimation.results import Check, LogCounts
from measurement.estimation.sensitivity import SensitivityRow
from tests.estimation.published_rows import NUMBERS, not_estimable, results, row, sides, total


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


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((8.4, -2.3, 18.2), (0.5, -0.1, 1.2)),  # 8, -2 and 18 minutes x 30 / 450
        ((8.4, -2.3, 149.4), (0.5, -0.1, 9.9)),
        ((8.4, -2.3, 180.2), (1, 0, 12)),
        ((-8.4, -180.2, 2.3), (-1, -12, 0)),
    ],
)
def test_full_time_equivalents_follow_from_published_minutes_and_people(
    minutes: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """Of 28 people, who are published as 30; few full-time equivalents have a decimal."""
    names = ("value", "ci_low", "ci_high")
    daily = total(28, **dict(zip(names, minutes, strict=True)))
    daily = replace(daily, always_valid_low=-2000.0, always_valid_high=2000.0)
    whole = dict(zip(names, (part * 28 / 450 for part in minutes), strict=True))
    people = replace(total(28, **whole), estimand="full_time_equivalents", scale="people")
    given_ai = total(28, estimand="adoption_rate", value=0.5, ci_low=0.4, ci_high=0.6)
    found = published(results(daily, people, given_ai), minimum_people=10).estimates[1]
    assert (found.value, found.ci_low, found.ci_high) == expected


def test_full_time_equivalents_of_an_unknown_number_of_people_follow_from_minutes() -> None:
    daily = total(28, value=8.4, ci_low=7.4, ci_high=9.4)
    people = replace(daily, estimand="full_time_equivalents", value=8.4 * 28 / 450)
    unknown = not_estimable("no access", dimension="all", estimand="adoption_rate")
    for beside in ([], [unknown]):
        found = published(results(daily, people, *beside), minimum_people=10).estimates[1]
        assert found.value == 0.5


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


def test_a_suppressed_row_has_no_number_at_all() -> None:
    small = row(9, group="nine", notes=("a note",), **sides(9, 9))
    suppressed = published(results(small), minimum_people=10).estimates[0]
    assert suppressed.suppressed
    assert {name: getattr(suppressed, name) for name in NUMBERS} == dict.fromkeys(NUMBERS)
    assert (suppressed.notes, suppressed.standard_errors) == ((), None)
    assert suppressed.group == "nine"


def test_a_reason_stands_where_the_group_is_known_to_be_large() -> None:
    daily = not_estimable("task logs have no dates", group="known")
    ratio = row(50, group="known", estimand="time_ratio")
    found = published(results(daily, ratio), minimum_people=10).estimates[0]
    assert (found.suppressed, found.not_estimable) == (False, "task logs have no dates")


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
