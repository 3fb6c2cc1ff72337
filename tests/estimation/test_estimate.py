"""Estimate's arithmetic: against the multivariate delta method, and its rules for clusters."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from measurement.estimation.estimate import (
    Estimate,
    Interval,
    NotEstimable,
    group_clusters,
    shared_clusters,
    sum_of,
)

CLUSTERS = 8
amounts = st.floats(0.2, 4) | st.floats(-4, -0.2)
influences = st.lists(
    st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=CLUSTERS, max_size=CLUSTERS
)


def people(*names: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([list(names)], names=["participant"])


EIGHT = people(*"abcdefgh")


def estimate(value: float, psi: Any, index: pd.MultiIndex = EIGHT, df: float = 7) -> Estimate:
    return Estimate(value, pd.Series(np.array(psi, dtype=float), index=index), df)


def central_gradient(function: Callable[..., float], point: list[float]) -> np.ndarray:
    """Return the numerical gradient: central differences, extrapolated to step 0 (Richardson)."""

    def slope(position: int, step: float) -> float:
        high, low = list(point), list(point)
        high[position] += step
        low[position] -= step
        return (function(*high) - function(*low)) / (2 * step)

    step = 1e-3
    return np.array(
        [(4 * slope(i, step / 2) - slope(i, step)) / 3 for i in range(len(point))],
    )


FORMULAS: dict[str, tuple[Callable[..., Any], Callable[..., float]]] = {
    "sum and scale": (lambda a, b, c: 3 - a + b * 2 - c / 4, lambda a, b, c: 3 - a + b * 2 - c / 4),
    "product": (lambda a, b, c: a * b * c, lambda a, b, c: a * b * c),
    "ratio": (lambda a, b, c: a / b - 2 / c, lambda a, b, c: a / b - 2 / c),
    "exp": (lambda a, b, c: (a - b).exp() * c, lambda a, b, c: math.exp(a - b) * c),
    "log": (lambda a, b, c: (a * a).log() + b / c, lambda a, b, c: math.log(a * a) + b / c),
    "itself": (lambda a, b, c: a / (a + a) + (-b) * b + c, lambda a, b, c: 0.5 - b * b + c),
    "savings": (
        lambda a, b, c: sum_of([a * b, b, c], [1, -2, 0.5]).scale(225 / 450),
        lambda a, b, c: (a * b - 2 * b + 0.5 * c) * 225 / 450,
    ),
}


@pytest.mark.parametrize("formula", FORMULAS)
@given(values=st.tuples(amounts, amounts, amounts), psis=st.tuples(*[influences] * 3))
def test_arithmetic_is_the_multivariate_delta_method(formula, values, psis) -> None:  # type: ignore[no-untyped-def]
    ours, plain = FORMULAS[formula]
    result = ours(*(estimate(value, psi) for value, psi in zip(values, psis, strict=True)))
    gradient = central_gradient(plain, list(values))
    covariance = np.array(psis) @ np.array(psis).T
    variance = gradient @ covariance @ gradient
    scale = np.abs(gradient) @ np.abs(covariance) @ np.abs(gradient)
    assert result.value == pytest.approx(plain(*values), rel=1e-12, abs=1e-12)
    # The numerical gradient is good to about 1e-9 of its largest terms.
    assert result.std_error**2 == pytest.approx(variance, rel=1e-7, abs=1e-7 * scale + 1e-18)


@given(value=amounts, psi=influences)
def test_inverse_operations_return_the_estimate(value: float, psi: list[float]) -> None:
    start = estimate(value, psi)
    for result in (start + 5 - 5, -(start * -1), start * 3 / 3, start.exp().log(), 1 / (1 / start)):
        assert result.value == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(result.psi, start.psi, rtol=1e-9, atol=1e-15)
    assert (start - start).std_error == 0


@given(values=st.tuples(amounts, amounts), psis=st.tuples(influences, influences))
def test_addition_does_not_depend_on_order(values, psis) -> None:  # type: ignore[no-untyped-def]
    one, other = (estimate(v, psi) for v, psi in zip(values, psis, strict=True))
    assert (one + other).value == (other + one).value
    assert (one + other).std_error == (other + one).std_error


def test_the_order_of_clusters_changes_no_bit() -> None:
    psi = np.random.default_rng(3).normal(size=8)
    order = [5, 2, 7, 0, 1, 6, 4, 3]
    assert estimate(1, psi).std_error == estimate(1, psi[order], EIGHT[order]).std_error
    assert list(estimate(1, psi[order], EIGHT[order]).psi) == list(psi)


def test_a_cluster_that_one_estimate_lacks_counts_nothing() -> None:
    one = estimate(1, [3, 4], people("a", "b"))
    other = estimate(2, [12, 5], people("b", "c"), df=3)
    total = one + other
    assert dict(total.psi.items()) == {("a",): 3, ("b",): 16, ("c",): 5}
    assert total.degrees_of_freedom == 3
    assert total.levels == ["participant"]


def test_independent_clusters_add_their_variances() -> None:
    difference = estimate(1, [3], people("a")) - estimate(0, [4], people("b"))
    assert difference.std_error == 5


def tasks(df: float = 50) -> Estimate:
    index = pd.MultiIndex.from_arrays(
        [["b", "a", "a", "b"], ["t1", "t1", "t2", "t2"]], names=["participant", "task"]
    )
    return estimate(10, [4, 1, 2, -8], index, df)


def test_tasks_are_summed_to_participants_when_these_meet() -> None:
    both = tasks() + estimate(1, [10, 20], people("a", "b"), df=1)
    assert dict(both.psi.items()) == {("a",): 13, ("b",): 16}
    assert both.degrees_of_freedom == 1
    assert tasks().coarsened(["participant"]).std_error == 5
    assert tasks().coarsened(["participant"]).degrees_of_freedom == 1
    assert tasks().coarsened(["participant"]).levels == ["participant"]
    assert (tasks() * 2).levels == ["participant", "task"]


def test_participants_are_summed_to_teams() -> None:
    index = pd.MultiIndex.from_arrays(
        [["red", "blue", "red"], ["p1", "p2", "p3"]], names=["team", "participant"]
    )
    by_person = estimate(0, [1, 2, 3], index, df=2)
    by_team = estimate(0, [7, 1], pd.MultiIndex.from_arrays([["blue", "red"]], names=["team"]), 1)
    assert dict((by_person * 1 + by_team).psi.items()) == {("blue",): 9, ("red",): 5}


def test_one_cluster_left_after_summing_is_not_estimable() -> None:
    index = pd.MultiIndex.from_arrays([["a", "a"], ["t1", "t2"]], names=["participant", "task"])
    with pytest.raises(NotEstimable, match="only one participant"):
        estimate(0, [1, -1], index).coarsened(["participant"])


def test_clusters_without_a_shared_level_cannot_meet() -> None:
    team = estimate(1, [1], pd.MultiIndex.from_arrays([["red"]], names=["team"]))
    with pytest.raises(ValueError, match="same coarsest level") as raised:
        team + tasks()
    assert str(raised.value).startswith("clusters ['participant > task', 'team']: paths with")
    assert shared_clusters([tasks(), estimate(1, [1], people("a"))]) == ["participant"]


@pytest.mark.parametrize("levels", [["task"], [], ["participant", "task", "day"]])
def test_only_leading_levels_can_be_summed_to(levels: list[str]) -> None:
    with pytest.raises(ValueError, match="leading levels"):
        tasks().coarsened(levels)


@pytest.mark.parametrize("df", [1, 4.5, 30, math.inf])
def test_interval_and_p_value_are_students(df: float) -> None:
    measured = estimate(2, [0.6, 0.8], people("a", "b"), df)
    low, high = stats.t(df, loc=2, scale=1).interval(0.9)
    interval = measured.interval(0.9)
    assert isinstance(interval, Interval)
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert measured.p_value(1.0) == pytest.approx(2 * stats.t.sf(1, df))
    assert measured.p_value(high) == pytest.approx(0.1)
    assert measured.p_value(2.0) == 1


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_confidence_lies_between_zero_and_one(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        tasks().interval(confidence)


def test_a_standard_error_of_zero_allows_no_test() -> None:
    with pytest.raises(NotEstimable, match=r"^a standard error of 0 allows no test$"):
        estimate(1, [0, 0], people("a", "b")).p_value()


@pytest.mark.parametrize(
    ("value", "psi", "df", "reason"),
    [
        (math.nan, 1, 1, "the estimate nan with standard error 1.0 is not a finite number"),
        (math.inf, 1, 1, "the estimate inf with standard error 1.0 is not a finite number"),
        (1, math.nan, 1, "the estimate 1.0 with standard error nan is not a finite number"),
        (1, 1e200, 1, "the estimate 1.0 with standard error inf is not a finite number"),
        (1, 1, 0, "0.0 degrees of freedom, more than 0 needed"),
        (1, 1, math.nan, "nan degrees of freedom, more than 0 needed"),
    ],
)
def test_what_is_not_a_number_is_not_an_estimate(
    value: float, psi: float, df: float, reason: str
) -> None:
    with pytest.raises(NotEstimable) as raised:
        estimate(value, [psi], people("a"), df)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (lambda one, zero: one / zero, "a ratio to an estimate of 0"),
        (lambda one, zero: 1 / zero, "a ratio to an estimate of 0"),
        (lambda one, zero: zero.log(), "the logarithm of 0.0: a number above 0 is needed"),
        (lambda one, zero: (-one).log(), "the logarithm of -1.0: a number above 0 is needed"),
        (lambda one, zero: (one * 1000).exp(), "exp(1000.0) is too large a number"),
        (lambda one, zero: one * 1e150 * 1e160, "the estimate inf is not a finite number"),
        (lambda one, zero: one * math.nan, "the estimate nan is not a finite number"),
        (
            lambda one, zero: sum_of([one, zero], [1, math.inf]),
            "the estimate nan is not a finite number",
        ),
        # The value is finite, its influence or slope is not.
        (
            lambda one, zero: (zero * 1e150 + one) * 1e160,
            "the estimate 1e+160 with standard error inf is not a finite number",
        ),
        (lambda one, zero: zero * math.inf, "the estimate nan is not a finite number"),
        (
            lambda one, zero: zero.scale(0) / 1e-320,
            "the estimate 0.0 is not a finite number",
        ),
    ],
)
def test_impossible_arithmetic_is_not_estimable(formula: Callable[..., Any], reason: str) -> None:
    with pytest.raises(NotEstimable) as raised:
        formula(estimate(1, [1], people("a")), estimate(0, [1], people("a")))
    assert raised.value.reason == reason


def test_a_sum_without_weights_is_the_plain_sum() -> None:
    two = people("a", "b")
    total = sum_of([estimate(2, [1, 3], two), estimate(5, [2, -1], two)])
    assert (total.value, total.psi.tolist()) == (7, [3, 2])


def test_numpy_numbers_work_on_both_sides() -> None:
    one = estimate(1.5, [1], people("a"))
    numbers: list[Any] = [np.float64(2), np.int64(2), np.float32(2), 2]
    for two in numbers:
        assert (two * one).value == (one * two).value == 3
        assert ((two + one).value, (two - one).value, (one - two).value) == (3.5, 0.5, -0.5)
        assert ((two / one).value, (one / two).value) == (2 / 1.5, 0.75)


@pytest.mark.parametrize("other", ["2", None, [1.0]])
def test_other_things_are_refused(other: Any) -> None:
    one = estimate(1, [1], people("a"))
    formulas: list[Callable[[], Any]] = [
        lambda: one + other,
        lambda: one - other,
        lambda: one * other,
        lambda: one / other,
    ]
    for formula in formulas:
        with pytest.raises(TypeError):
            formula()


def test_psi_needs_named_and_unique_clusters() -> None:
    with pytest.raises(ValueError, match=r"^psi needs a MultiIndex of cluster paths"):
        Estimate(1, pd.Series([1.0], index=["a"]), 1)
    with pytest.raises(ValueError, match="named levels"):
        Estimate(1, pd.Series([1.0], index=pd.MultiIndex.from_arrays([["a"]])), 1)
    with pytest.raises(
        ValueError, match=r"^psi has a cluster more than once; sum its entries first$"
    ):
        estimate(1, [1, 1], people("a", "a"))


def test_clusters_need_their_whole_path() -> None:
    paths = pd.MultiIndex.from_arrays([["red", "red"], ["a", None]], names=["team", "participant"])
    reason = "^cluster level 'participant' has missing values; give every row a name$"
    with pytest.raises(ValueError, match=reason):
        group_clusters(paths)


def test_sum_of_needs_a_weight_for_each_estimate() -> None:
    with pytest.raises(ValueError, match="shorter"):
        sum_of([tasks(), tasks()], [1.0])


def test_not_estimable_says_why() -> None:
    assert NotEstimable("no dates").reason == str(NotEstimable("no dates")) == "no dates"


@given(paths=st.lists(st.tuples(st.text(max_size=2), st.integers(0, 3)), min_size=1, max_size=30))
def test_clusters_are_numbered_in_sorted_order(paths: list[tuple[str, int]]) -> None:
    assume(all(text.isprintable() for text, _ in paths))
    numbers, clusters = group_clusters(pd.MultiIndex.from_tuples(paths, names=["team", "person"]))
    assert list(clusters) == sorted(set(paths))
    assert [clusters[number] for number in numbers] == paths
    assert list(clusters.names) == ["team", "person"]
