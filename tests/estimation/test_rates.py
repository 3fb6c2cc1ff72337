"""Rows of taking part: shares with Wilson's interval, against two other libraries."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.rates import (
    NO_SURVEY,
    NOBODY_YET,
    logging_rates,
    response_rates,
)
from measurement.estimation.shares import wilson_interval
from tests.estimation.frames import AS_OF, bundle, row_of
from tests.estimation.test_participation import evidence

EXACT = 1e-12
counts = st.integers(1, 400).flatmap(
    lambda people: st.tuples(st.integers(0, people), st.just(people))
)


@given(counts, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_that_of_scipy_and_statsmodels(
    count: tuple[int, int], confidence: float
) -> None:
    did, people = count
    found = wilson_interval(did, people, confidence)
    scipys = stats.binomtest(did, people).proportion_ci(confidence, method="wilson")
    theirs = proportion_confint(did, people, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((scipys.low, scipys.high), abs=EXACT)
    assert (found.low, found.high) == pytest.approx(theirs, abs=EXACT)


@given(counts)
def test_the_interval_holds_the_share_and_lies_within_0_and_1(count: tuple[int, int]) -> None:
    did, people = count
    found = wilson_interval(did, people, 0.95)
    assert 0 <= found.low <= did / people <= found.high <= 1
    assert found.low < found.high, "where all do, others might not"
    other = wilson_interval(people - did, people, 0.95)
    assert (found.low, found.high) == pytest.approx((1 - other.high, 1 - other.low), abs=EXACT)


@pytest.mark.parametrize(("did", "people"), [(1, 0), (0, 0), (-1, 3), (4, 3)])
def test_a_share_of_nobody_or_of_more_than_all_is_an_error(did: int, people: int) -> None:
    with pytest.raises(ValueError, match="0 to all of some people are allowed"):
        wilson_interval(did, people, 0.95)
    with pytest.raises(ValueError, match="confidence"):
        wilson_interval(1, 2, 1.0)


def test_a_row_has_the_share_its_interval_and_both_sides() -> None:
    (first, *_), (answered, *_) = logging_rates(evidence()), response_rates(evidence())
    row: Any = first.row
    assert (row.estimand, row.dimension, row.value, row.scale) == (
        "logging_rate",
        "all",
        0.6,
        "share",
    )
    assert (row.participants, row.participants_with_ai, row.participants_without_ai) == (5, 3, 2)
    interval = stats.binomtest(3, 5).proportion_ci(0.95, method="wilson")
    assert (row.ci_low, row.ci_high) == pytest.approx((interval.low, interval.high), rel=EXACT)
    assert (row.comparison, row.arm, row.std_error, row.p_value) == (
        "descriptive",
        None,
        None,
        None,
    )
    assert row.always_valid_low is None
    assert (answered.row.estimand, answered.row.value) == ("response_rate", 0.6)
    assert first.estimate is None


def test_where_nobody_took_part_or_was_asked_it_is_said() -> None:
    early = evidence(datetime.date(2025, 1, 3), surveys=())
    (logged,), (answered,) = logging_rates(early), response_rates(early)
    assert (logged.row.value, logged.row.not_estimable) == (None, NOBODY_YET)
    assert (answered.row.value, answered.row.not_estimable) == (None, NO_SURVEY)


def test_results_have_them_and_small_sides_are_not_published() -> None:
    people = [
        {"participant": f"p{number:02}", "department": "Kites" if number < 30 else "Ladles"}
        for number in range(60)
    ]
    # Of Kites 20 of 30 log, of Ladles 25 of 30: five who do not are too few to be told of.
    doers = [*range(20), *range(30, 55)]
    logs = [
        {"participant": f"p{number:02}", "key": "1", "minutes": 9, "ai_used": number % 2 == 0}
        for number in doers
    ]
    data = bundle("observational", participants=people, logs=logs)
    results = evaluate(evidence_of(data, AS_OF))
    ladles = row_of(results, "logging_rate", dimension="department", group="Ladles")
    assert ladles.value == pytest.approx(25 / 30)

    public = published(results, minimum_people=10)
    assert row_of(public, "logging_rate").value == 0.75
    hidden = [
        row_of(public, "logging_rate", dimension="department", group=name)
        for name in ("Kites", "Ladles")
    ]
    assert all(row.suppressed for row in hidden), "the other one by subtraction"
